package export

import (
	"slices"
	"strings"
)

// ShownHeld is how many people of each limit the report of a held run names.
const ShownHeld = 20

// HeldLimit is a limit that holds a run, with the people whom it counts.
type HeldLimit struct {
	Limit  string       `json:"limit"`
	Allows int          `json:"allows"`
	Used   int          `json:"used,omitempty"` // people of earlier starts of the day
	Needs  int          `json:"needs"`          // the lowest ceiling of an approval that lets the run go
	People int          `json:"people"`         // whom it counts, as far as that is known
	First  []HeldPerson `json:"first"`          // at most ShownHeld of them, in the order of the feed
}

// HeldPerson is a person whom a limit counts. With Change it holds personal data.
type HeldPerson struct {
	Origin Origin        `json:"origin"`
	Key    string        `json:"key"`
	Kinds  ChangeKinds   `json:"kinds"`
	Change *PersonChange `json:"change,omitempty"` // nil where no old value is known, and once the run has ended
}

// HeldLimits returns the limits that hold a run and count people, in their order, without people yet.
func HeldLimits(broken []Breach) []HeldLimit {
	var out []HeldLimit
	for _, b := range broken {
		if b.Limit != "" && b.Limit != ShrinkLimit {
			out = append(out, HeldLimit{Limit: b.Limit, Allows: b.Allows, Used: b.Used, Needs: b.Needs(), First: []HeldPerson{}})
		}
	}
	return out
}

// Add counts the row of a held run where the limit counts its person, and reports that.
func (h *HeldLimit) Add(r *RowResult) bool {
	if !LimitCounts(h.Limit, r) {
		return false
	}
	if h.People++; len(h.First) < ShownHeld {
		h.First = append(h.First, HeldPerson{r.Origin, r.Key, r.Kinds, r.Change})
	}
	return true
}

// IsHeld reports whether a row belongs to the people of a held run: it is held itself, or it is quarantined and a limit counts
// its person all the same.
func (r *RowResult) IsHeld() bool {
	return r.Outcome == Held || r.Outcome == Quarantined && len(r.Counted) > 0
}

// LimitCounts reports whether a limit counts a row's person. An earlier program has stored no kinds, and no names of limits.
func LimitCounts(limit string, r *RowResult) bool {
	if column, ok := strings.CutPrefix(limit, columnLimits); ok && r.Change != nil {
		return r.Change.Replaces(column)
	}
	for _, c := range (Limits{}).counted() {
		if c.name == limit {
			return r.Kinds != 0 && c.counts(r.Kinds, nil)
		}
	}
	return slices.Contains(r.Counted, limit)
}

// NameHeld finds out whom the limits count that hold the run, from the rows that the ledger has: these know in which ways a
// person changes, and not the values.
func (rep *Report) NameHeld() error {
	if rep.State != RunHeld {
		return nil
	}
	rep.HeldBy = HeldLimits(rep.Held)
	for r := range rep.Rows.All() {
		if !r.IsHeld() {
			continue
		}
		for i := range rep.HeldBy {
			rep.HeldBy[i].Add(&r)
		}
	}
	return rep.Rows.Err()
}
