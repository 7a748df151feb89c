package ready

import (
	"errors"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
)

// TestTold: a fault of many rows is told once, with their number and the first lines; another message is another fault.
func TestTold(t *testing.T) {
	t.Parallel()
	var faults []export.Fault
	add := func(line int, field, message string) {
		faults = append(faults, export.Fault{Origin: export.Origin{File: "f.csv", Line: line}, Field: field, Message: message})
	}
	for line := 9; line > 2; line-- {
		add(line, "Email", "is empty")
	}
	add(2, "Login", "is empty")
	add(3, "Email", "is too long")
	add(0, "", "is too large")
	want := "f.csv: is too large\nf.csv:2: Login: is empty\nf.csv:3: Email: is empty (7 rows: lines 3, 4, 5, 6, 7 and 2 more)\nf.csv:3: Email: is too long"
	if got := errors.Join(told(faults)...).Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestSplit: the bytes of every row go to one of the two files, with the header in both.
func TestSplit(t *testing.T) {
	t.Parallel()
	const head = "Login,Email,First Name,Last Name\r\n"
	rows := []string{"a1,a@x.example,A,\"B\r\nC\"\r\n", "b1,b@x.example,\"B,\"\"\",B\r\n", "c1,c@x.example,C,C"}
	for stays := range 1 << len(rows) {
		f := newFile("in/f.csv", []byte(head+strings.Join(rows, "")))
		var bad []export.Fault
		if f.Sheet, bad = layout.CheckReady("f.csv", f.Data, layout.ReadyOptions{}); bad != nil {
			t.Fatal(bad)
		}
		found := make([]finding, len(rows))
		rest, left := head, head
		for i, row := range rows {
			if stays>>i&1 == 1 {
				found[i].faults = export.Faults{{Message: "no"}}
				left += row
			} else {
				rest += row
			}
		}
		was := f.Sheet
		got, goes, err := f.split(found)
		switch {
		case err != nil:
			t.Fatal(err)
		case string(got.data) != left || string(f.Data) != rest:
			t.Errorf("%03b: left %q, sent %q", stays, got.data, f.Data)
		case len(goes) != len(f.Sheet.Rows) || len(goes)+len(got.Rows) != len(rows):
			t.Errorf("%03b: %d go, %d stay", stays, len(goes), len(got.Rows))
		case (stays == 0) != (f.Sent == f.Feed):
			t.Errorf("%03b: sent as %s", stays, f.Sent.Path)
		}
		for i, r := range f.Sheet.Rows {
			if was.Rows[lineAt(was, r.Line)] != r || goes[i].faults != nil {
				t.Errorf("%03b: row %d is another", stays, i)
			}
		}
	}
}

func lineAt(sheet *layout.Ready, line int) int {
	for i, r := range sheet.Rows {
		if r.Line == line {
			return i
		}
	}
	return -1
}
