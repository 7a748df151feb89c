package planning_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/planning/planningtest"
)

const withApprovers = planningtest.People5 + "Approver Login = boss\nStatus = status\n"

// TestApproverLeaves: whoever becomes inactive in a batch is a doubt in each row that is sent and names them as approver, wherever the
// rows stand and however the feed is cut.
func TestApproverLeaves(t *testing.T) {
	row := func(id, boss, status string) string {
		return fmt.Sprintf("%s,%s@x.example,%s@x.example,A,B,%s,%s\n", id, id, id, boss, status)
	}
	for name, c := range map[string]struct {
		rows string
		want []string
	}{
		"before":           {row("E1", "", "inactive") + row("E2", "E1@x.example", "active"), []string{"users.csv:3 by users.csv:2"}},
		"behind":           {row("E2", "E1@x.example", "active") + row("E3", "E1@x.example", "") + row("E1", "", "inactive"), []string{"users.csv:2 by users.csv:4", "users.csv:3 by users.csv:4"}},
		"in capitals":      {row("E2", "E1@X.Example", "active") + row("E1", "", "Inactive"), []string{"users.csv:2 by users.csv:3"}},
		"both leave":       {row("E2", "E1@x.example", "inactive") + row("E1", "", "inactive"), nil},
		"the approver is":  {row("E2", "E1@x.example", "active") + row("E1", "", "active"), nil},
		"no approver":      {row("E2", "", "active") + row("E1", "", "inactive"), nil},
		"several records":  {row("E2", "E1@x.example", "active") + row("E1", "", "inactive") + row("E1", "", "inactive"), []string{"users.csv:2 by users.csv:4"}},
		"quarantined":      {row("E2", "E1@x.example", "active") + strings.Replace(row("E1", "", "inactive"), ",A,", ",,", 1), nil},
		"a row that stays": {strings.Replace(row("E2", "E1@x.example", "active"), ",A,", ",,", 1) + row("E1", "", "inactive"), nil},
	} {
		for _, chunk := range []int{1, 2, 100} {
			b := &planningtest.Batch{
				Mapping: withApprovers, Creates: true, ChunkRows: chunk, Feed: map[string]string{"users.csv": "id,login,mail,first,last,boss,status\n" + c.rows},
			}
			p, err := b.Planner(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			k, err := planningtest.Take(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, w := range k.Plan.Warnings {
				got = append(got, w.Origin.String()+" by "+strings.TrimPrefix(w.Message, "names a person whose status is inactive at "))
				if w.Field != export.ColumnApprover || w.Hint == "" {
					t.Errorf("%s: %+v", name, w)
				}
			}
			if !slices.Equal(got, c.want) || k.Plan.Doubtful != len(c.want) {
				t.Errorf("%s, chunks of %d: got %q, want %q", name, chunk, got, c.want)
			}
		}
	}
}

// TestApproverSentInactive: where Coupa was not asked, the ledger knows who was sent as inactive. Another number of the same login
// that was sent as active counts more.
func TestApproverSentInactive(t *testing.T) {
	b := &planningtest.Batch{
		Mapping: withApprovers, Known: map[string]export.Person{
			"E1": {Login: "gone@x.example", Status: export.StatusInactive}, "E2": {Login: "again@x.example", Status: export.StatusInactive},
			"E3": {Login: "again@x.example", Status: export.StatusActive},
		},
		Feed: map[string]string{"users.csv": "id,login,mail,first,last,boss,status\nE4,d@x.example,d@x.example,D,D,gone@x.example,active\nE5,e@x.example,e@x.example,E,E,again@x.example,active\n"},
	}
	p, err := b.Planner(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p.Compare = func(string) (export.Element, bool) { return export.Element{}, false }
	k, err := planningtest.Take(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if len(k.Plan.Warnings) != 1 || k.Plan.Warnings[0].Text() != "users.csv:2: Approver Login: names a person who was last sent as inactive" {
		t.Errorf("got %+v", k.Plan.Warnings)
	}
}
