package repair

import (
	"maps"
	"slices"
	"testing"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/reconciling"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/reconcile"
)

func set(text string) export.Cell { return export.Cell{State: export.Set, Text: text} }

func two(column, hr, coupa string) reconcile.Cell {
	return reconcile.Cell{CellChange: export.CellChange{Column: column, Old: coupa, New: hr, Known: true}}
}

// TestDraft is the table of what goes into a repair, and what is left to a person.
func TestDraft(t *testing.T) {
	t.Parallel()
	said := map[string]export.Cell{export.ColumnLogin: set("ann"), export.ColumnNumber: set("7"), "Department": {State: export.Clear}, export.ColumnLastName: set("Ott"), "Buyer Group": set("B")}
	hidden := two("Department", "Legal", "")
	hidden.Known = false
	for name, c := range map[string]struct {
		wins config.Repair
		f    reconcile.Finding
		sent map[string]string // nil: the person is in no plan
		open []reconciling.Open
	}{
		"nothing is said": {f: reconcile.Finding{Class: reconcile.Differs, Cells: []reconcile.Cell{two(export.ColumnLastName, "Ott", "Otto")}}, open: []reconciling.Open{reconciling.OpenAsk}},
		"HR wins, and the login says who it is": {
			wins: config.Repair{All: config.WinsHR}, f: reconcile.Finding{Class: reconcile.Differs, Cells: []reconcile.Cell{two(export.ColumnLastName, "Ott", "Otto")}},
			sent: map[string]string{export.ColumnLastName: "Ott", export.ColumnLogin: "ann"},
		},
		"HR clears": {
			wins: config.Repair{All: config.WinsHR}, f: reconcile.Finding{Class: reconcile.Differs, Cells: []reconcile.Cell{two("Department", "", "Legal")}},
			sent: map[string]string{"Department": export.NullWord, export.ColumnLogin: "ann"},
		},
		"Coupa wins the login and the number, which say who it is": {
			wins: config.Repair{All: config.WinsHR, Columns: map[string]config.Wins{export.ColumnLogin: config.WinsCoupa, export.ColumnNumber: config.WinsCoupa}},
			f:    reconcile.Finding{Class: reconcile.Differs, Cells: []reconcile.Cell{two(export.ColumnLastName, "Ott", "Otto"), two(export.ColumnLogin, "ann", "anna"), two(export.ColumnNumber, "7", "8")}},
			sent: map[string]string{export.ColumnLastName: "Ott", export.ColumnLogin: "anna", export.ColumnNumber: "8"},
		},
		"Coupa wins the number, and has none": {
			wins: config.Repair{All: config.WinsHR, Columns: map[string]config.Wins{export.ColumnNumber: config.WinsCoupa}},
			f:    reconcile.Finding{Class: reconcile.Differs, Cells: []reconcile.Cell{two(export.ColumnLastName, "Ott", "Otto"), two(export.ColumnNumber, "7", "")}},
			open: []reconciling.Open{reconciling.OpenIdentity},
		},
		"Coupa does not show it": {wins: config.Repair{All: config.WinsHR}, f: reconcile.Finding{Class: reconcile.Differs, Cells: []reconcile.Cell{hidden}}, open: []reconciling.Open{reconciling.OpenUnshown}},
		"in doubt":               {wins: config.Repair{All: config.WinsHR}, f: reconcile.Finding{Class: reconcile.Unclear}, open: []reconciling.Open{reconciling.OpenDoubt}},
		"only in Coupa":          {wins: config.Repair{All: config.WinsHR}, f: reconcile.Finding{Class: reconcile.OnlyActive}},
		"missing, but somebody has the login": {
			wins: config.Repair{All: config.WinsHR}, f: reconcile.Finding{Class: reconcile.Missing, Doubt: reconcile.OtherHas}, open: []reconciling.Open{reconciling.OpenDoubt},
		},
		"missing, and no word":  {f: reconcile.Finding{Class: reconcile.Missing}, open: []reconciling.Open{reconciling.OpenMissing}},
		"missing, and stays so": {wins: config.Repair{All: config.WinsCoupa}, f: reconcile.Finding{Class: reconcile.Missing}},
		"missing, and a new one": {
			wins: config.Repair{All: config.WinsHR, Columns: map[string]config.Wins{"Buyer Group": config.WinsAsk, export.ColumnLogin: config.WinsAsk}},
			f:    reconcile.Finding{Class: reconcile.Missing},
			sent: map[string]string{export.ColumnLogin: "ann", export.ColumnNumber: "7", export.ColumnLastName: "Ott"}, open: []reconciling.Open{reconciling.OpenAsk},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &draft{
				wins: c.wins, deciding: []string{export.ColumnLogin}, carried: []string{export.ColumnNumber},
				said: &reconciling.Repair{Columns: map[string]int{}, Left: map[string]int{}, Ask: map[string]int{}},
			}
			c.f.Key, c.f.Said = "7", said
			d.take(&c.f)
			var open []reconciling.Open
			for _, u := range d.said.Undecided {
				open = append(open, u.Why)
			}
			if !slices.Equal(open, c.open) {
				t.Errorf("left to a person: %v, want %v", open, c.open)
			}
			if (len(d.people) > 0) != (c.sent != nil) {
				t.Fatalf("in the plan: %v, want %v", d.people, c.sent)
			}
			if c.sent != nil && !maps.Equal(d.people[0].Cells, c.sent) {
				t.Errorf("sent: %v, want %v", d.people[0].Cells, c.sent)
			}
		})
	}
}
