package show

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

// How many rows of one outcome are shown. People look one by one at those that they have to fix; many of those that only
// wait would bury what is printed above them.
const (
	shownRows = 200
	shownOpen = 20
)

const (
	alike    = 5    // as many rows with one reason have a line each; more of them are one entry
	named    = 3    // of such an entry, as many rows are named
	reasoned = 1000 // as many reasons are told apart
)

// group is rows under one title.
type group struct {
	title string
	in    func(export.RowResult) bool
	most  int    // are shown
	all   string // where the rest is
}

// tone returns that of rows that need a person, or of those that wait.
func (g group) tone() terminal.Tone {
	if g.most == shownRows {
		return terminal.Bad
	}
	return terminal.Mixed
}

// gathered are the rows of a group, by their reason.
type gathered struct {
	n, records int
	reasons    []cause
	at         map[string]int // by the text of a reason: its place
	untold     int            // rows with reasons that are not told apart any more
}

// cause is why some rows are in a group. Of many rows only the first are kept.
type cause struct {
	text string
	n    int
	rows []placed
}

// placed is a row with its place among those of its group.
type placed struct {
	at         int
	where, key string
}

func (f *gathered) add(r export.RowResult) {
	f.n++
	f.records += r.Lines
	text := r.Faults.Text()
	at, ok := f.at[text]
	if !ok || text == "" { // rows without a reason have nothing in common
		if len(f.reasons) == reasoned {
			f.untold++
			return
		}
		if f.at == nil {
			f.at = map[string]int{}
		}
		at = len(f.reasons)
		f.at[text] = at
		f.reasons = append(f.reasons, cause{text: text})
	}
	one := &f.reasons[at]
	if one.n++; one.n > alike {
		return
	}
	key := words.Dash(r.Key)
	if r.Lines > 1 {
		key += fmt.Sprintf(" (%d records)", r.Lines)
	}
	one.rows = append(one.rows, placed{f.n, r.Origin.String(), key})
}

// rowsText prints rows by group, in one pass over them.
func rowsText(w *terminal.Text, rows iter.Seq[export.RowResult], groups ...group) {
	all := make([]gathered, len(groups))
	for r := range rows {
		for i, g := range groups {
			if g.in(r) {
				all[i].add(r)
			}
		}
	}
	for i := range all {
		all[i].print(w, groups[i])
	}
}

// print prints first the reasons that many rows share, the most frequent one first, then the other rows.
func (f *gathered) print(w *terminal.Text, g group) {
	if f.n == 0 {
		return
	}
	count := export.Plural(f.n, "row")
	if f.records > f.n { // several records for one person are one row
		count += ", " + export.Plural(f.records, "record")
	}
	w.Printf("\n%s (%s)\n", terminal.In(g.tone(), g.title), count)
	shared := slices.DeleteFunc(slices.Clone(f.reasons), func(r cause) bool { return r.n <= alike })
	slices.SortStableFunc(shared, func(a, b cause) int { return b.n - a.n })
	left := f.n
	for _, r := range shared {
		left -= r.n
		w.Lines("  ", terminal.Fold(fmt.Sprintf("%d rows: %s", r.n, r.text), "  ", w.Room(2))...)
		w.Lines("    ", terminal.Fold(r.first(), "", w.Room(4))...)
	}
	single := f.single(g.most)
	w.Table(single)
	if left > len(single) {
		w.Printf("  and %d more: %s\n", left-len(single), g.all)
	} else if len(shared) > 0 {
		w.Printf("  %s\n", g.all)
	}
}

// single returns the lines of the rows that share their reason with few, in the order of the feed.
func (f *gathered) single(most int) (lines [][]string) {
	type line struct {
		placed
		text string
	}
	var of []line
	for _, r := range f.reasons {
		for _, row := range r.rows {
			if r.n <= alike {
				of = append(of, line{row, r.text})
			}
		}
	}
	slices.SortFunc(of, func(a, b line) int { return a.at - b.at })
	for _, l := range of[:min(len(of), most)] {
		lines = append(lines, []string{l.where, l.key, words.Dash(l.text)})
	}
	return lines
}

// first names the first rows.
func (r cause) first() string {
	var names []string
	for _, row := range r.rows[:named] {
		names = append(names, row.where+" "+row.key)
	}
	return strings.Join(names, ", ") + fmt.Sprintf(" and %d more", r.n-named)
}
