package show

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

const (
	shownRows  = 20  // as many rows of one outcome are shown, and as many reasons; --all shows the rest
	shownLines = 200 // as many lines of another list are
)

// AllRows says what --all does, wherever rows are listed.
const AllRows = "show every row that was not applied, not only the first 20 of each kind"

const (
	alike    = 5    // as many rows with one reason have a line each; more of them are one entry
	named    = 3    // of such an entry, as many rows are named
	reasoned = 1000 // as many reasons are told apart
)

// allFlag returns what shows the rows that a command leaves out of its own result.
func allFlag(env *wiring.Env) string {
	if env.All {
		return ""
	}
	return "--all"
}

// group is rows under one title.
type group struct {
	title string
	in    func(export.RowResult) bool
	bad   bool   // they need a person; others only wait
	all   string // what shows the rest; "" where all are shown
}

// tone returns that of rows that need a person, or of those that wait.
func (g group) tone() terminal.Tone {
	if g.bad {
		return terminal.Bad
	}
	return terminal.Mixed
}

// gathered are the rows of a group, by their reason.
type gathered struct {
	n, records int
	reasons    []cause
	values     int            // how many are counted
	at         map[string]int // by the text of a reason: its place
	untold     int            // rows with reasons that are not told apart any more
}

// cause is why some rows are in a group. Of many rows only the first are kept.
type cause struct {
	tally
	n    int
	rows []placed
}

// placed is a row with its place among those of its group.
type placed struct {
	at         int
	where, key string
	text       string // with the row's own values
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
		f.reasons = append(f.reasons, cause{})
	}
	one := &f.reasons[at]
	f.values += one.add(r.Faults, f.values >= countedOnly)
	if one.n++; one.n > alike {
		return
	}
	one.rows = append(one.rows, placed{f.n, r.Origin.String(), keyOf(r), words.Dash(valued(r.Faults))})
}

// keyOf names the person of a row.
func keyOf(r export.RowResult) string {
	if r.Lines > 1 {
		return fmt.Sprintf("%s (%d records)", words.Dash(r.Key), r.Lines)
	}
	return words.Dash(r.Key)
}

// rowsText prints rows by group, in one pass over them, and in one more for each group of which all rows are shown.
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
		if g := groups[i]; g.all == "" && all[i].n > 0 {
			for r := range rows {
				if g.in(r) {
					w.Lines("  ", r.Origin.String()+"  "+keyOf(r)+"  "+words.Dash(valued(r.Faults)))
				}
			}
		}
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
	for _, r := range shared[:min(len(shared), shownRows)] {
		left -= r.n
		w.Lines("  ", terminal.Fold(fmt.Sprintf("%d rows: %s", r.n, r.text()), "  ", w.Room(2))...)
		if g.all != "" {
			w.Lines("    ", terminal.Fold(r.first(), "", w.Room(4))...)
		}
	}
	if g.all == "" { // each row follows
		return
	}
	single := f.single()
	w.Table(single)
	if left > len(single) {
		w.Printf("  and %d more: %s shows them\n", left-len(single), g.all)
	} else if len(shared) > 0 {
		w.Printf("  %s shows them all\n", g.all)
	}
}

// single returns the lines of the rows that share their reason with few, in the order of the feed.
func (f *gathered) single() (lines [][]string) {
	var of []placed
	for _, r := range f.reasons {
		if r.n <= alike {
			of = append(of, r.rows...)
		}
	}
	slices.SortFunc(of, func(a, b placed) int { return a.at - b.at })
	for _, l := range of[:min(len(of), shownRows)] {
		lines = append(lines, []string{l.where, l.key, l.text})
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
