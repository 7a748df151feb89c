package reconcile

import (
	"github.com/hr2coupa/hr2coupa/export"
)

// cause returns which side has changed a cell since it was last confirmed. A login or an address that differs in case alone has
// changed on neither.
func (w *walk) cause(key string, said export.ElementCell, held export.Value) Cause {
	if w.o.Sent == nil {
		return NoCause
	}
	last, _ := w.o.Confirmed.Of(key)
	before, known := last.Of(said.Element.Column)
	if w.hasher == nil || !known {
		return w.unconfirmed(key)
	}
	hr, ok := w.hasher.Hash(said)
	switch coupa := w.holds(said.Element, held, before); {
	case !ok, hr == before && coupa:
		return NoCause
	case hr == before:
		return CoupaChanged
	case coupa:
		return HRChanged
	}
	return BothChanged
}

// AsConfirmed stands for a value that was confirmed, and of which the ledger has a hash alone.
const AsConfirmed = "[confirmed]"

// sinceConfirmed compares what Coupa holds in a column with what was last confirmed of it.
func (w *walk) sinceConfirmed(f *Finding, e export.Element, held export.Value, shown bool) {
	last, _ := w.o.Confirmed.Of(f.Key)
	before, confirmed := last.Of(e.Column)
	if w.hasher == nil || !confirmed || shown && w.holds(e, held, before) {
		return
	}
	d := export.CellChange{Column: e.Column, Kind: export.ChangeOther, New: AsConfirmed, Known: shown}
	if !shown {
		f.Cells = append(f.Cells, Cell{CellChange: d})
		if w.r.Unshown[e.Column]++; f.Class == Equal {
			f.Class, f.Doubt, f.Column = Unclear, NotShown, e.Column
		}
		return
	}
	d.Old = held.Show(e.Kind)
	f.Cells = append(f.Cells, Cell{d, CoupaChanged})
	w.r.Columns[e.Column]++
	w.count(e.Column, CoupaChanged)
	if f.Class == Equal || f.Class == Unclear {
		f.Class = Differs
	}
}

// holds reports whether Coupa's value is the one with a hash. A look-up may have been sent by any of its names.
func (w *walk) holds(e export.Element, held export.Value, before export.CellHash) bool {
	texts := []string{held.Show(e.Kind)}
	for _, part := range held.Parts {
		texts = append(texts, part)
	}
	for _, text := range texts {
		cell := export.ElementCell{Element: e, Cell: export.Cell{State: export.Set, Text: text}}
		if sum, ok := w.hasher.Hash(cell); ok && sum == before {
			return true
		}
	}
	return false
}

// unconfirmed returns the cause where nothing was confirmed.
func (w *walk) unconfirmed(key string) Cause {
	if w.o.Sent(key) {
		return Unconfirmed
	}
	return NeverSent
}

// gone returns the cause of a person without a user.
func (w *walk) gone(key string) Cause {
	if w.o.Sent == nil {
		return NoCause
	}
	if last, _ := w.o.Confirmed.Of(key); len(last.Columns()) > 0 {
		return CoupaChanged
	}
	return w.unconfirmed(key)
}

func (w *walk) count(column string, cause Cause) {
	if cause == NoCause {
		return
	}
	if w.r.Causes[column] == nil {
		w.r.Causes[column] = map[Cause]int{}
	}
	w.r.Causes[column][cause]++
}

// past returns what the ledger says of a user whom HR does not know.
func (w *walk) past(held export.User) Past {
	if w.o.Ours == nil {
		return NoPast
	}
	text := func(i int) string {
		if i < 0 {
			return ""
		}
		return held.Values[w.o.Columns[i].Path].Text
	}
	key := -1
	if w.keyAt >= 0 {
		key = w.keyed[w.keyAt]
	}
	if w.o.Ours(text(key), text(w.login)) {
		return OnceOurs
	}
	return Never
}

// told counts a user whom HR does not know.
func (w *walk) told(f *Finding) {
	if f.Past == NoPast {
		return
	}
	if w.r.Only[f.Class] == nil {
		w.r.Only[f.Class] = map[Past]int{}
	}
	w.r.Only[f.Class][f.Past]++
}
