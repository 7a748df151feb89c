package job

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// dropKinds finds out what the rows of dropped files may change. Nothing is known of their people but the logins and the
// statuses that were sent last.
type dropKinds struct {
	statuses map[string]string // by login in lower case: the status that was sent last
}

func (j *Job) dropKinds() (*dropKinds, error) {
	people, err := j.ledger.Known()
	if err != nil {
		return nil, err
	}
	d := &dropKinds{statuses: make(map[string]string, people.Len())}
	people.All(func(_ string, p export.Person) {
		if p.Login != "" {
			d.statuses[strings.ToLower(p.Login)] = p.Status
		}
	})
	return d, nil
}

// of returns what a row may change: what is not known counts as a change. A file may use other keys than HR, so that a
// person is known by the login.
func (d *dropKinds) of(sheet *layout.Ready, r *layout.ReadyRow) export.ChangeKinds {
	kinds := export.ChangeKinds(0).With(export.ChangeUnchecked)
	status, known := d.statuses[strings.ToLower(strings.TrimSpace(r.Login))]
	known = known && r.Login != ""
	if r.Inactive && (!known || status != export.StatusInactive) {
		kinds = kinds.With(export.ChangeDeactivation)
	}
	for i, name := range sheet.Columns {
		switch e, _ := coupa.Element(name); {
		case i == sheet.Key || name == export.ColumnID:
		case name == export.ColumnLogin && !known:
			kinds = kinds.With(export.ChangeLogin)
		case name == export.ColumnNumber:
			kinds = kinds.With(export.ChangeNumber)
		case name == export.ColumnEmail:
			kinds = kinds.With(export.ChangeEmail)
		case e.Kind == export.KindNames:
			kinds = kinds.With(export.ChangeRoleTaken)
		}
	}
	return kinds
}

// count returns the sums of dropped files, as those of a plan.
func (d *dropKinds) count(files []ready, used *export.Usage) *export.Plan {
	plan := &export.Plan{Columns: map[string]int{}, Changes: export.NewChanges(), Tally: used.NewTally()}
	people := map[string]export.ChangeKinds{}
	for _, f := range files {
		for _, c := range f.sheet.Columns {
			plan.Columns[c] += len(f.sheet.Rows)
		}
		for i := range f.sheet.Rows {
			r := &f.sheet.Rows[i]
			key := r.Key
			if key == "" {
				key = fmt.Sprintf("%s:%d", f.file.Name, r.Line) // nobody knows whom it is about
			}
			people[key] |= d.of(f.sheet, r)
		}
	}
	for key, kinds := range people {
		plan.Rows++
		for _, k := range kinds.List() {
			plan.Changes.ByKind[k]++
		}
		if kinds.Has(export.ChangeDeactivation) {
			plan.Deactivations++
		}
		plan.Tally.Add(key, kinds)
	}
	return plan
}

func (j *Job) withinLimits(files []ready, kinds *dropKinds, people int, now time.Time) error {
	used, err := prospect.Usage(j.ledger, j.cfg, nil, now)
	if err != nil {
		return err
	}
	var faults []error
	limits := wiring.Limits(j.cfg)
	for _, b := range limits.Broken(kinds.count(files, used), export.Seen{People: people}) {
		faults = append(faults, export.Hint(fmt.Errorf("held: %s", b), "%s", b.Hint()))
	}
	if len(faults) > 0 {
		return &exit.Error{Code: export.ExitHeld, Err: errors.Join(append(faults, errors.New("nothing was sent"))...)}
	}
	return nil
}
