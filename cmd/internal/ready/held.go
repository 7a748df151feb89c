package ready

import (
	"cmp"
	"iter"

	"github.com/hr2coupa/hr2coupa/export"
)

// HeldError ends a drop that limits hold (8). Its text names no one, so that a log may have it.
type HeldError struct {
	Err error // everything that speaks against the drop, as against found it

	Held []export.Breach    // the limits that hold it
	By   []export.HeldLimit // those that count people, with the first of these: for the result alone, it is personal data
}

// Error returns the text of all that speaks against the drop.
func (e *HeldError) Error() string { return e.Err.Error() }

// Unwrap returns the error inside, which has the exit code.
func (e *HeldError) Unwrap() error { return e.Err }

// heldBy returns the limits that hold a drop, with whom each counts: a person of several rows once, by the first row for which
// it counts them.
func (j *Judged) heldBy(held []export.Breach) []export.HeldLimit {
	limits := export.HeldLimits(held)
	counted := make([]map[string]bool, len(limits))
	for i := range counted {
		counted[i] = map[string]bool{}
	}
	for g := range j.going() {
		at := &g.file.Sheet.Rows[g.row]
		r := export.RowResult{Origin: g.origin(), Key: cmp.Or(at.Key, at.Login), Kinds: g.kinds, Change: g.change, Counted: g.counted}
		for i := range limits {
			if !counted[i][g.person()] && limits[i].Add(&r) {
				counted[i][g.person()] = true
			}
		}
	}
	return limits
}

// goingRow is a row of a drop that may be sent and would change something.
type goingRow struct {
	*finding
	file *File
	row  int // its place in the file
}

// going returns the rows that limits count, in the order of the files.
func (j *Judged) going() iter.Seq[goingRow] {
	return func(yield func(goingRow) bool) {
		for n := range j.Files {
			for i := range j.found[n] {
				found := &j.found[n][i]
				if !found.same && found.faults == nil && !yield(goingRow{found, &j.Files[n], i}) {
					return
				}
			}
		}
	}
}

func (g *goingRow) origin() export.Origin {
	return export.Origin{File: g.file.Feed.Name, Line: g.file.Sheet.Rows[g.row].Line}
}

// person returns what stands for the row's person: its key or, where it is not known whom the row is about, its place.
func (g *goingRow) person() string {
	return cmp.Or(g.file.Sheet.Rows[g.row].Key, g.origin().String())
}
