package ready

import (
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// rowKinds finds out what the rows of files may change. Nothing is known of their people but the logins and the statuses that
// were sent last.
type rowKinds struct {
	statuses map[string]string // by login in lower case: the status that was sent last
	ceilings *export.ApprovalCeilings
	columns  map[string]export.Limit // limits of single columns
}

// newKinds returns what the people whom the ledger knows, and the config, say of rows.
func newKinds(cfg *config.Config, people *baseline.KnownPeople) *rowKinds {
	k := &rowKinds{statuses: make(map[string]string, people.Len()), ceilings: wiring.ApprovalCeilings(cfg), columns: cfg.Limits.Columns}
	people.All(func(_ string, p export.Person) {
		if p.Login != "" {
			k.statuses[strings.ToLower(p.Login)] = p.Status
		}
	})
	return k
}

// of returns what a row may change: what is not known counts as a change. A file may use other keys than HR, so that a
// person is known by the login.
func (k *rowKinds) of(sheet *layout.Ready, r *layout.ReadyRow) export.ChangeKinds {
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

// counted returns the names of the limits of single columns that count the rows of a file.
func (k *rowKinds) counted(sheet *layout.Ready) (names []string) {
	for i, name := range sheet.Columns {
		if _, limited := k.columns[name]; limited && i != sheet.Key {
			names = append(names, export.ColumnLimit(name))
		}
	}
	return names
}

// all returns what the rows of a file may change.
func (k *rowKinds) all(f *File) []finding {
	found, counted := make([]finding, len(f.Sheet.Rows)), k.counted(f.Sheet)
	for i := range found {
		found[i] = finding{kinds: k.of(f.Sheet, &f.Sheet.Rows[i]), counted: counted}
	}
	return found
}

// count returns the sums of what goes of files, as those of a plan. Rows that would change nothing count for nothing.
func (j *Judged) count() *export.Plan {
	plan := &export.Plan{Columns: map[string]int{}, Changes: export.NewChanges(), Tally: j.used.NewTally(), Compared: j.Checked}
	plan.Changes.ExactCase = true
	people, names := map[string]export.ChangeKinds{}, map[string][]string{}
	for g := range j.going() {
		person, columns := g.person(), g.file.Sheet.Columns
		people[person] |= g.kinds
		if g.counted != nil {
			names[person] = append(names[person], g.counted...)
		}
		plan.Changes.Add(&export.RowResult{Kinds: g.kinds, Change: g.change}, columns)
		for _, c := range columns {
			plan.Columns[c]++
		}
	}
	clear(plan.Changes.ByKind) // a person of two files counts once
	for key, kinds := range people {
		plan.Rows++
		for _, kind := range kinds.List() {
			plan.Changes.ByKind[kind]++
		}
		plan.Tally.Add(key, kinds, names[key]...)
	}
	plan.Creates, plan.Deactivations = plan.Changes.ByKind[export.ChangeCreate], plan.Changes.ByKind[export.ChangeDeactivation]
	return plan
}
