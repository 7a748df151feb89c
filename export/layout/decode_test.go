package layout

import (
	"reflect"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

func decode(data string) (lines []Line, err error) {
	err = Decode([]byte(data), func(l Line) bool { lines = append(lines, l); return true })
	return lines, err
}

func TestDecode(t *testing.T) {
	tests := []struct {
		name, data string
		want       []Line
	}{
		{"nothing", "", nil},
		{"our form", "\"Id\",\"Login\"\n\"1\",\"a, \"\"b\"\"\"\n", []Line{{1, []string{"Id", "Login"}}, {2, []string{"1", `a, "b"`}}}},
		{"breaks in values count", "\"a\nb\"\n\"c\r\nd\re\"\n\"f\"", []Line{{1, []string{"a\nb"}}, {3, []string{"c\r\nd\re"}}, {5, []string{"f"}}}},
		{"not quoted, CR LF, empty cells and lines", bom + "Id,Login\r\n\r\n,x\r\n1,\r\n\"\",", []Line{
			{1, []string{"Id", "Login"}}, {3, []string{"", "x"}}, {4, []string{"1", ""}}, {5, []string{"", ""}},
		}},
	}
	for _, test := range tests {
		got, err := decode(test.data)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, %v; want %+v", test.name, got, err, test.want)
		}
	}
	for _, broken := range []string{"a\n\"b", "a\n\"b\"c\n", "a\n\"b\"\rc"} {
		if _, err := decode(broken); err == nil || !strings.HasPrefix(err.Error(), "line 2: ") {
			t.Errorf("%q: %v, want an error about line 2", broken, err)
		}
	}
}

// TestDecodeUndoesEncode: what the encoder writes is read back unchanged, and reading ends when take returns false.
func TestDecodeUndoesEncode(t *testing.T) {
	values := []string{"plain", `"`, `""`, "a\nb\n", ",", `",`, "tab\t", "née 徐", `\"`, `x"` + "\n" + `"y`}
	s := sheet(t, func(*Options) {})
	var rows []*export.Row
	for _, v := range values {
		r := &export.Row{Cells: make([]export.Cell, len(s.columns))}
		for i := range r.Cells {
			r.Cells[i] = export.Cell{Text: v, State: export.Set}
		}
		rows = append(rows, r)
	}
	lines, err := decode(string(encode(t, s, rows)))
	if err != nil || len(lines) != len(values)+1 {
		t.Fatalf("%d lines, %v; want the header and %d rows", len(lines), err, len(values))
	}
	for i, v := range values {
		for _, cell := range lines[i+1].Cells {
			if cell != v {
				t.Errorf("row %d: %q, want %q", i+1, cell, v)
			}
		}
	}
	n := 0
	if err := Decode(encode(t, s, rows), func(Line) bool { n++; return n < 2 }); err != nil || n != 2 {
		t.Errorf("%d lines taken, %v; want an end after 2", n, err)
	}
}
