package terminal_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
)

func TestTable(t *testing.T) {
	t.Parallel()
	parts := [][]string{{"NAME", "ROWS", "LOAD"}, {"Users_20261124T120745Z_c5659f84_1of1.csv", "2", "1005 via api"}}
	people := [][]string{{"feed.csv:2", "渡辺", "Department names a department that Coupa does not have"}, {"feed.csv:10", "Ann", "short"}}
	for name, c := range map[string]struct {
		rows  [][]string
		width int
		want  string
	}{
		"a file has lines of any length": {people, 0, `
  feed.csv:2   渡辺  Department names a department that Coupa does not have
  feed.csv:10  Ann   short
`},
		"the last column is folded": {people, 50, `
  feed.csv:2   渡辺  Department names a department
                     that Coupa does not have
  feed.csv:10  Ann   short
`},
		"it fits by one place": {parts, 62, `
  NAME                                      ROWS  LOAD
  Users_20261124T120745Z_c5659f84_1of1.csv  2     1005 via api
`},
		"a name stays whole, to be copied": {parts, 61, `
  NAME
    ROWS  LOAD
  Users_20261124T120745Z_c5659f84_1of1.csv
    2     1005 via api
`},
		"two long columns": {[][]string{{"Login", strings.Repeat("x", 40), "by its name, and by most of its values"}, {"Email", "mail", "-"}}, 40, `
  Login
    xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    by its name, and by most of its
    values
  Email
    mail
    -
`},
		"narrower than any word": {[][]string{{"a", strings.Repeat("x", 60)}}, 40, `
  a  ` + strings.Repeat("x", 60) + "\n"},
		"nothing at all": {nil, 40, "\n"},
	} {
		var b bytes.Buffer
		terminal.New(&b).Assume(strconv.Itoa(c.width)).Text().Table(c.rows)
		if d := cmp.Diff(c.want, "\n"+b.String()); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// TestAssume: COLUMNS that is no number, or less than can be read, allows any length.
func TestAssume(t *testing.T) {
	t.Parallel()
	for columns, want := range map[string]int{"": 0, "80": 80, "39": 0, "-80": 0, "80x": 0} {
		if got := terminal.New(&bytes.Buffer{}).Assume(columns).Width(); got != want {
			t.Errorf("COLUMNS=%q: %d, want %d", columns, got, want)
		}
	}
}
