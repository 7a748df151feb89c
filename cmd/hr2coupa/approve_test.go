package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// TestApproveOptions: the command that a report prints is one that approve takes, whatever limit holds the run.
func TestApproveOptions(t *testing.T) {
	full := export.Limits{Columns: map[string]export.Limit{"Department": {}}, Shrink: 10}
	p := &export.Plan{Rows: 3, Deactivations: 1, Creates: 1, Compared: true, Changes: export.NewChanges()}
	for _, k := range export.ChangeKindsInOrder() {
		p.Changes.ByKind[k] = 1
	}
	p.Changes.Replaced["Department"] = 1
	broken := full.Broken(p, export.Seen{Feed: 1, LastFeed: 9})
	if len(broken) != len(approveLimits)+2 {
		t.Errorf("%d limits are broken, and approve has options for %d: %v", len(broken), len(approveLimits)+2, broken)
	}
	command := export.ApproveCommand("R", broken)
	c := approveCmd(&wiring.Env{})
	if err := c.ParseFlags(strings.Fields(strings.TrimPrefix(command, "hr2coupa approve "))); err != nil {
		t.Errorf("%s: %v", command, err)
	}
}

// TestLimitsAreDocumented: docs/limits.md has every limit with what it counts, its default and what to do.
func TestLimitsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/limits.md")
	if err != nil {
		t.Fatal(err)
	}
	limits := append(export.Limits{}.Names(), export.ColumnLimit("X"), "fill", export.ShrinkLimit)
	if len(limits) != len(approveLimits)+3 {
		t.Errorf("%d limits, and approve has options for %d", len(limits), len(approveLimits)+3)
	}
	for _, limit := range limits {
		row := regexp.MustCompile("(?m)^\\| `" + regexp.QuoteMeta(limit) + "` (\\|[^|\\n]{4,}){3}\\|$")
		if !row.Match(page) {
			t.Errorf("docs/limits.md has no whole row for %s", limit)
		}
	}
}
