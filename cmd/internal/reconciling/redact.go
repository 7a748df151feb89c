package reconciling

import (
	"crypto/rand"
	"iter"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/pseudonym"
	"github.com/hr2coupa/hr2coupa/export/reconcile"
)

// HiddenValue stands for a value in a result without values. It says that there is one.
const HiddenValue = "[value]"

// redactor takes the names and the values out of a result. What is left are places, columns, classes and pseudonyms.
type redactor struct{ names pseudonym.Pseudonyms }

// newRedactor returns a redactor with the pseudonyms of the ledger, the same as in its logs and in every other result. Where
// there is no ledger, they are of this result alone.
func newRedactor(m *memory) (*redactor, error) {
	if m != nil {
		names, err := m.ledger.Pseudonyms()
		return &redactor{names}, err
	}
	var key [32]byte
	if _, err := rand.Read(key[:]); err != nil {
		return nil, err
	}
	return &redactor{pseudonym.NewPseudonyms(key[:])}, nil
}

// person returns the pseudonym of HR's key of a person.
func (r *redactor) person(key string) string {
	if key == "" {
		return ""
	}
	return r.names.Of(key).String()
}

// user returns the pseudonym of a user of Coupa's.
func (r *redactor) user(id string) string {
	if id == "" {
		return ""
	}
	return r.names.Of("coupa id " + id).String()
}

func (r *redactor) users(ids []string) []string {
	out := slices.Clone(ids)
	for i, id := range ids {
		out[i] = r.user(id)
	}
	return out
}

// hide returns in place of a value whether there is one.
func hide(text string) string {
	if text == "" {
		return ""
	}
	return HiddenValue
}

func hideAll(texts []string) []string {
	out := slices.Clone(texts)
	for i := range out {
		out[i] = HiddenValue
	}
	return out
}

// finding returns a finding without names and values.
func (r *redactor) finding(f *reconcile.Finding) *reconcile.Finding {
	out := *f
	out.Key, out.ID, out.Login, out.Others = r.person(f.Key), r.user(f.ID), "", r.users(f.Others)
	out.Left, out.From, out.Whose = time.Time{}, hide(f.From), r.person(f.Whose)
	out.Cells = slices.Clone(f.Cells)
	for i, c := range out.Cells {
		c.Old, c.New, c.Gained, c.Lost = hide(c.Old), hide(c.New), hideAll(c.Gained), hideAll(c.Lost)
		out.Cells[i] = c
	}
	return &out
}

// doubles takes the names and values out of users with one value.
func (r *redactor) doubles(doubles []reconcile.Double) {
	for i, d := range doubles {
		doubles[i].Value, doubles[i].IDs = hide(d.Value), r.users(d.IDs)
	}
}

// leavers takes the names and the days out of a period.
func (r *redactor) leavers(p *Period) {
	if p == nil {
		return
	}
	for i := range p.Leavers {
		p.Leavers[i].Key, p.Leavers[i].Left = r.person(p.Leavers[i].Key), time.Time{}
	}
}

// row returns a row of HR's without names and values. Our own messages have none.
func (r *redactor) row(row export.RowResult) export.RowResult {
	out := export.RowResult{Origin: row.Origin, Lines: row.Lines, Key: r.person(row.Key), Outcome: row.Outcome, Faults: slices.Clone(row.Faults)}
	for i, f := range out.Faults {
		out.Faults[i].Value, out.Faults[i].Hint = hide(f.Value), "" // a hint may name another person
		if row.Outcome == export.Pending {
			out.Faults[i].Message = "effective on a later day"
		}
	}
	return out
}

// LeftRows returns the rows of HR's that are not compared, in the order of HR's files.
func (r *Result) LeftRows() iter.Seq[export.RowResult] {
	if r.redact == nil {
		return r.Out.All()
	}
	return func(yield func(export.RowResult) bool) {
		for row := range r.Out.All() {
			if !yield(r.redact.row(row)) {
				return
			}
		}
	}
}
