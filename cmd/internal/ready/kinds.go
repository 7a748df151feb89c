package ready

import (
	"fmt"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// Kinds finds out what the rows of files may change. Nothing is known of their people but the logins and the statuses that
// were sent last.
type Kinds struct {
	statuses map[string]string // by login in lower case: the status that was sent last
	ceilings *export.ApprovalCeilings
	columns  map[string]export.Limit // limits of single columns
}

// NewKinds returns what the people whom the ledger knows, and the config, say of rows.
func NewKinds(cfg *config.Config, people *baseline.KnownPeople) *Kinds {
	k := &Kinds{statuses: make(map[string]string, people.Len()), ceilings: wiring.ApprovalCeilings(cfg), columns: cfg.Limits.Columns}
	people.All(func(_ string, p export.Person) {
		if p.Login != "" {
			k.statuses[strings.ToLower(p.Login)] = p.Status
		}
	})
	return k
}

// Of returns what a row may change: what is not known counts as a change. A file may use other keys than HR, so that a
// person is known by the login.
func (k *Kinds) Of(sheet *layout.Ready, r *layout.ReadyRow) export.ChangeKinds {
	kinds := export.ChangeKinds(0).With(export.ChangeUnchecked)
	status, known := k.statuses[strings.ToLower(strings.TrimSpace(r.Login))]
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
		case k.ceilings != nil && k.ceilings.Column(name):
			kinds = kinds.With(export.ChangeApprovalLimit)
		}
	}
	return kinds
}

// Counted returns the names of the limits of single columns that count the rows of a file.
func (k *Kinds) Counted(sheet *layout.Ready) (names []string) {
	for i, name := range sheet.Columns {
		if _, limited := k.columns[name]; limited && i != sheet.Key {
			names = append(names, export.ColumnLimit(name))
		}
	}
	return names
}

// Count returns the sums of files, as those of a plan.
func (k *Kinds) Count(files []File, used *export.Usage) *export.Plan {
	plan := &export.Plan{Columns: map[string]int{}, Changes: export.NewChanges(), Tally: used.NewTally()}
	people, names := map[string]export.ChangeKinds{}, map[string][]string{}
	for _, f := range files {
		counted := k.Counted(f.Sheet)
		for _, c := range f.Sheet.Columns {
			plan.Columns[c] += len(f.Sheet.Rows)
		}
		for i := range f.Sheet.Rows {
			r := &f.Sheet.Rows[i]
			key := r.Key
			if key == "" {
				key = fmt.Sprintf("%s:%d", f.Feed.Name, r.Line) // whom it is about is not known
			}
			people[key] |= k.Of(f.Sheet, r)
			if counted != nil {
				names[key] = append(names[key], counted...)
			}
		}
	}
	for key, kinds := range people {
		plan.Rows++
		for _, kind := range kinds.List() {
			plan.Changes.ByKind[kind]++
		}
		if kinds.Has(export.ChangeDeactivation) {
			plan.Deactivations++
		}
		plan.Tally.Add(key, kinds, names[key]...)
	}
	return plan
}
