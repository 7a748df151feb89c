package planning_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/planning/planningtest"
)

// TestHandOver: who reports to a leaver is listed wherever the rows stand, whatever becomes of them, and by the last word of HR.
func TestHandOver(t *testing.T) {
	row := func(id, first, boss, status string) string {
		return fmt.Sprintf("%s,%s@x.example,%s@x.example,%s,B,%s,%s\n", id, id, id, first, boss, status)
	}
	old := map[string]export.Person{
		"E8": {Login: "E8@x.example", Status: export.StatusInactive}, "E9": {Login: "E9@x.example", Status: export.StatusInactive},
		"N9": {Login: "e9@x.example", Status: export.StatusActive}, // who is back under another number
	}
	for name, c := range map[string]struct {
		rows     string
		compared int
		want     []string
	}{
		"before and behind":      {row("E2", "A", "E1@x.example", "active") + row("E1", "A", "", "inactive") + row("E3", "A", "e1@x.example ", ""), 2, []string{"feed E1 users.csv:3: E2 users.csv:2", "feed E1 users.csv:3: E3 users.csv:4"}},
		"quarantined":            {row("E2", "", "E1@x.example", "active") + row("E1", "A", "", "Inactive"), 1, []string{"feed E1 users.csv:3: E2 users.csv:2"}},
		"leaves too":             {row("E2", "A", "E1@x.example", "inactive") + row("E1", "A", "", "inactive"), 0, nil},
		"the last record counts": {row("E2", "A", "E1@x.example", "active") + row("E1", "A", "", "inactive") + row("E2", "A", "E3@x.example", "active"), 1, nil},
		"last sent":              {row("E2", "A", "E8@x.example", "active") + row("E3", "A", "E9@x.example", "active"), 2, []string{"ledger  : E2 users.csv:2"}},
		"back, other number":     {row("E2", "A", "E1@x.example", "active") + row("E1", "A", "", "active") + "N1,E1@x.example,n1@x.example,A,B,,inactive\n", 1, nil},
		"comes back":             {row("E2", "A", "E8@x.example", "active") + row("E8", "A", "", "active"), 1, nil},
	} {
		for _, chunk := range []int{1, 100} {
			b := &planningtest.Batch{
				Mapping: withApprovers, Creates: true, ChunkRows: chunk, Known: old, Feed: map[string]string{"users.csv": "id,login,mail,first,last,boss,status\n" + c.rows},
			}
			p, err := b.Planner(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			h, err := p.HandOver(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, l := range h.Leavers {
				for _, f := range l.Reports {
					got = append(got, fmt.Sprintf("%s %s %s: %s %s", l.From, l.Key, l.Origin, f.Key, f.Origin))
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" || h.Compared != c.compared || h.Reports() != len(c.want) {
				t.Errorf("%s, chunks of %d: %d compared\n%s", name, chunk, h.Compared, diff)
			}
		}
	}
}
