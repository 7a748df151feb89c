// Package repair makes of a comparison of HR and Coupa a saved plan: for each column in which both differ, the config says who
// wins. It sends nothing and records nothing.
package repair

import (
	"context"
	"maps"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/change"
	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/reconciling"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/reconcile"
)

// Check returns a usage error (2) where a comparison cannot be repaired, before anything is read.
func Check(o reconciling.Options) error {
	switch {
	case o.Ledger:
		return export.Hint(exit.Usage("--repair sends HR's values, and --from-ledger has none"), "leave out --from-ledger, and name HR's file")
	case o.Redact:
		return export.Hint(exit.Usage("--repair writes a plan, which has names and values, and --redact is without"), "leave out one of the two")
	}
	return prospect.MayWritePlan(o.Repair)
}

// Save plans what HR wins of a comparison, as the config says, and saves the plan to o.Repair. If there is nothing to send, it
// writes no file.
func Save(ctx context.Context, env *wiring.Env, o reconciling.Options, res *reconciling.Result) (*reconciling.Repair, error) {
	byAPI := o.Export == ""
	pipe, err := wiring.ReadPipeline(ctx, env, config.Options{FeedGiven: true, Ask: true, Users: byAPI})
	if err != nil {
		return nil, err
	}
	if !change.Names(pipe) && len(change.Deciding(pipe)) == 0 {
		return nil, export.Hint(exit.Usage("--repair: no column of the mapping says who a row is about"), "fill %s in mapping.columns", pipe.Key)
	}
	asks := byAPI || pipe.Config.Preflight
	d := newDraft(pipe, asks)
	if err := res.Each(func(f *reconcile.Finding) error { d.take(f); return nil }); err != nil {
		return nil, err
	}
	said := d.said
	if said.People = len(d.people); said.People == 0 {
		return said, nil
	}
	plan, err := job.Plan(ctx, env, job.PlanOptions{Pipe: pipe, Repair: change.NewRepair(res.At, asks, d.people), Output: o.Repair})
	if err != nil {
		return nil, err
	}
	said.Plan, said.Rows, said.Quarantined, said.Unchanged, said.Checked = o.Repair, plan.RowCount, plan.Quarantined, plan.Unchanged, plan.Checked
	for _, b := range plan.Limits {
		said.Limits = append(said.Limits, b.String())
	}
	return said, plan.Close()
}

// draft collects what HR wins.
type draft struct {
	wins     config.Repair
	deciding []string // columns that every record needs, as those that say who it is about, and that HR's key alone does not fill
	carried  []string // columns that HR's key alone fills, in every row
	people   []change.Back
	said     *reconciling.Repair
}

// newDraft returns an empty draft. Where Coupa is not asked, a record has to have all that Coupa wants in every row.
func newDraft(pipe *wiring.Pipeline, asks bool) *draft {
	d := &draft{
		wins: pipe.Config.Repair, deciding: change.Deciding(pipe), carried: change.Carried(pipe),
		said: &reconciling.Repair{Columns: map[string]int{}, Left: map[string]int{}, Ask: map[string]int{}, Undecided: []reconciling.Undecided{}},
	}
	if asks {
		return d
	}
	for _, column := range []string{export.ColumnLogin, export.ColumnEmail, export.ColumnFirstName, export.ColumnLastName} {
		if !slices.Contains(d.deciding, column) && !slices.Contains(d.carried, column) {
			d.deciding = append(d.deciding, column)
		}
	}
	return d
}

// take decides about one finding.
func (d *draft) take(f *reconcile.Finding) {
	switch f.Class {
	case reconcile.OnlyActive, reconcile.OnlyInactive, reconcile.JoinerEarly:
		d.said.OnlyInCoupa++
	case reconcile.Unclear:
		d.open(f, reconciling.OpenDoubt)
	case reconcile.Missing:
		d.missing(f)
	case reconcile.LeaverActive, reconcile.JoinerInactive, reconcile.Differs:
		d.differs(f)
	}
}

// open leaves something of a person to a person.
func (d *draft) open(f *reconcile.Finding, why reconciling.Open, columns ...string) {
	d.said.Undecided = append(d.said.Undecided, reconciling.Undecided{Key: f.Key, Origin: f.Origin, Why: why, Columns: columns})
}

// always are the columns that a new user has whoever wins them otherwise: Coupa makes no user without, or one who is not the person.
var always = []string{export.ColumnLogin, export.ColumnEmail, export.ColumnFirstName, export.ColumnLastName, export.ColumnNumber, export.ColumnStatus}

// missing decides about a person without a user. Whether they are created is what "*" says. They get what HR says of them, but for
// what a person is asked about.
func (d *draft) missing(f *reconcile.Finding) {
	switch {
	case f.Doubt != reconcile.NoDoubt:
		d.open(f, reconciling.OpenDoubt)
		return
	case d.wins.All == config.WinsCoupa:
		d.said.LeftMissing++
		return
	case d.wins.All != config.WinsHR:
		d.open(f, reconciling.OpenMissing)
		return
	}
	one := change.Back{Key: f.Key, Cells: map[string]string{}}
	var asked []string
	for _, column := range slices.Sorted(maps.Keys(f.Said)) {
		switch cell := f.Said[column]; {
		case cell.State != export.Set:
		case d.wins.Of(column) == config.WinsAsk && !slices.Contains(always, column) && !slices.Contains(d.deciding, column):
			asked = append(asked, column)
			d.said.Ask[column]++
		default: // Coupa has nothing there that could win
			one.Cells[column] = cell.Text
		}
	}
	if len(asked) > 0 {
		d.open(f, reconciling.OpenAsk, asked...)
	}
	d.said.Missing++
	d.people = append(d.people, one)
}

// differs decides about each column in which HR and Coupa differ.
func (d *draft) differs(f *reconcile.Finding) {
	one := change.Back{Key: f.Key, Cells: map[string]string{}}
	held := map[string]string{} // what Coupa has and keeps
	sent := map[string]int{}
	var asked, unshown []string
	for _, c := range f.Cells {
		wins := d.wins.Of(c.Column)
		if !c.Known {
			unshown = append(unshown, c.Column)
			held[c.Column] = ""
			continue
		}
		switch wins {
		case config.WinsHR:
			one.Cells[c.Column] = text(f.Said[c.Column])
			sent[c.Column]++
			continue
		case config.WinsCoupa:
			d.said.Left[c.Column]++
		default:
			asked = append(asked, c.Column)
			d.said.Ask[c.Column]++
		}
		held[c.Column] = c.Old
	}
	if len(asked) > 0 {
		d.open(f, reconciling.OpenAsk, asked...)
	}
	if len(unshown) > 0 {
		d.open(f, reconciling.OpenUnshown, unshown...)
	}
	if len(one.Cells) == 0 {
		return
	}
	if column := d.identify(f, one.Cells, held); column != "" {
		d.open(f, reconciling.OpenIdentity, column)
		return
	}
	for column, n := range sent {
		d.said.Columns[column] += n
	}
	d.people = append(d.people, one)
}

// identify adds what says who the person is: what both sides have, or what Coupa has where HR does not win. It returns a column
// that cannot be said.
func (d *draft) identify(f *reconcile.Finding, cells, held map[string]string) (lacks string) {
	for _, column := range d.carried { // else HR's key would go there
		if old, differs := held[column]; differs && old == "" {
			return column
		} else if differs {
			cells[column] = old
		}
	}
	for _, column := range d.deciding {
		if _, said := cells[column]; said {
			continue
		}
		value, differs := held[column]
		if !differs {
			value = f.Said[column].SetText()
		}
		if column == export.ColumnID {
			value = f.ID
		}
		if value != "" {
			cells[column] = value
		}
	}
	return ""
}

// text returns a cell as a record in Coupa's columns has it.
func text(c export.Cell) string {
	if c.State == export.Set {
		return c.Text
	}
	return export.NullWord
}
