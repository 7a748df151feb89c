package differences_test

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/cmd/internal/differences"
	"github.com/hr2coupa/hr2coupa/export"
)

// saved returns the lines of people by key, each with another value of a column.
func saved(t *testing.T, titles ...string) differences.Lines {
	t.Helper()
	var b strings.Builder
	for _, one := range titles {
		key, title, _ := strings.Cut(one, "=")
		r := row(key, export.CellChange{Column: "Title", Kind: export.ChangeOther, New: title, Known: true})
		line, err := json.Marshal(differences.Keep(&differences.Person{Key: key, Kinds: r.Kinds, Change: r.Change}))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n", line)
	}
	return func() (io.Reader, error) { return strings.NewReader(b.String()), nil }
}

func TestCompareFindsWhoMoved(t *testing.T) {
	before, after := saved(t, "a=1", "b=1", "c=1", "d=1"), saved(t, "d=1", "e=1", "b=2", "a=1")
	tests := []struct {
		most int
		want []string
	}{
		{10, []string{"e new in the plan [{Title  (none) -> 1}]", "b changes otherwise [{Title (none) -> 1 (none) -> 2}]", "c no longer in the plan [{Title (none) -> 1 }]"}},
		{1, []string{"e new in the plan [{Title  (none) -> 1}]"}},
		{0, nil},
	}
	for _, test := range tests {
		c, err := differences.Compare(before, after, test.most)
		if err != nil || c.Added != 1 || c.Gone != 1 || c.Changed != 1 || c.Equal() {
			t.Fatalf("%+v, %v; want one of each", c, err)
		}
		var got []string
		for _, m := range c.People {
			got = append(got, fmt.Sprint(m.Key, " ", m.Word(), " ", m.Cells()))
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("at most %d: got %q, want %q", test.most, got, test.want)
		}
	}
	if c, err := differences.Compare(before, before, 10); err != nil || !c.Equal() || len(c.People) != 0 {
		t.Errorf("a plan differs from itself: %+v, %v", c, err)
	}
	broken := func() (io.Reader, error) { return strings.NewReader("{\n"), nil }
	if _, err := differences.Compare(before, broken, 10); err == nil {
		t.Error("a broken line is taken")
	}
}
