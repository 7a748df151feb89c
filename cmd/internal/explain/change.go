package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// limitStory is a limit that counts the person of a row.
type limitStory struct {
	Limit     string            `json:"limit"`
	Holds     *holding          `json:"holds,omitempty"`    // nil where the run was within it
	Approvals []export.Approval `json:"approved,omitempty"` // of a held run: those given for it; else those that covered the person
}

// holding is what a limit that holds a run allows, and the lowest ceiling that lets the run go.
type holding struct {
	Allows int `json:"allows"`
	Needs  int `json:"needs"`
}

// baselineStory is what one row of a person has confirmed of what Coupa holds, or what a plan has seen there.
type baselineStory struct {
	Key     string    `json:"key"`
	Run     string    `json:"run,omitempty"`  // "" where that is an earlier run
	At      time.Time `json:"at,omitzero"`    // when the row was read back, or else got its verdict; when the plan was made
	Seen    bool      `json:"seen,omitempty"` // the plan found the row equal, and nothing was sent
	Columns []string  `json:"columns"`
}

// limitsOf returns the limits that count a row's person, and what approvals said of them. A row that goes nowhere counts for none.
func limitsOf(cfg *config.Config, l ledger.Ledger, e ledger.Episode) ([]limitStory, error) {
	if e.Part.ID == 0 && !e.Row.IsHeld() {
		return nil, nil
	}
	given, err := approvalsOf(l, e)
	if err != nil {
		return nil, err
	}
	var out []limitStory
	for _, name := range limitNames(cfg, e, given) {
		if !export.LimitCounts(name, &e.Row) {
			continue
		}
		one := limitStory{Limit: name}
		if i := slices.IndexFunc(e.Run.Held, func(b export.Breach) bool { return b.Limit == name }); i >= 0 {
			one.Holds = &holding{e.Run.Held[i].Allows, e.Run.Held[i].Needs()}
		}
		for _, a := range given {
			covers, err := covered(l, a, name, e)
			if err != nil {
				return nil, err
			}
			if covers {
				one.Approvals = append(one.Approvals, a)
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// approvalsOf returns the approvals that were given for a held run; of another run, those that it has used up.
func approvalsOf(l ledger.Ledger, e ledger.Episode) ([]export.Approval, error) {
	if len(e.Run.Held) > 0 {
		return l.ApprovalsOf(e.Run.ID)
	}
	return l.UsedBy(e.Run.ID)
}

// limitNames returns the limits that may count a row's person: those that are set, that the row names, that hold the run, or that
// were approved.
func limitNames(cfg *config.Config, e ledger.Episode, given []export.Approval) []string {
	names := append(wiring.Limits(cfg).Names(), e.Row.Counted...)
	for _, b := range e.Run.Held {
		names = append(names, b.Limit)
	}
	for _, a := range given {
		for name := range a.Ceilings {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// covered reports whether an approval raises a limit for the person of a row. That of a run that went on covers whom the held run
// named; a ledger of an earlier version does not know in which ways its rows would have changed anybody, and names all.
func covered(l ledger.Ledger, a export.Approval, limit string, e ledger.Episode) (covers bool, err error) {
	if _, given := a.Ceilings[limit]; !given || a.Run == e.Run.ID {
		return given, nil
	}
	err = l.Rows(a.Run, func(r export.RowResult) error {
		covers = covers || r.Key == e.Row.Key && (r.Kinds == 0 || strings.HasPrefix(limit, export.ColumnLimit("")) || export.LimitCounts(limit, &r))
		return nil
	})
	return covers, err
}

// baselineOf returns what is known as confirmed of people, by the row that confirmed it, or by the plan that saw it. Their rows come
// newest first: the first that carries a column is the one after which it became known.
func baselineOf(l ledger.Ledger, keys []string, episodes []ledger.Episode) ([]baselineStory, error) {
	confirmed, err := l.BaselinesOf(keys)
	if err != nil {
		return nil, err
	}
	sightings, err := l.Sightings(keys)
	if err != nil {
		return nil, err
	}
	out := []baselineStory{}
	for _, key := range keys {
		b, _ := confirmed.Of(key)
		left := slices.Clone(b.Columns())
		take := func(one baselineStory, carried []string) {
			left = slices.DeleteFunc(left, func(column string) bool {
				if slices.Contains(carried, column) {
					one.Columns = append(one.Columns, column)
				}
				return slices.Contains(carried, column)
			})
			if one.Columns != nil {
				out = append(out, one)
			}
		}
		seen, ever := sightings[key]
		see := func() {
			if ever {
				take(baselineStory{Key: key, Run: seen.Run, At: seen.At, Seen: true}, seen.Columns)
			}
			ever = false
		}
		for _, e := range episodes {
			if e.Row.Key != key {
				continue
			}
			if e.Run.ID <= seen.Run { // all that come now are no newer
				see()
			}
			if at := confirmedAt(e); !at.IsZero() {
				take(baselineStory{Key: key, Run: e.Run.ID, At: at}, e.Part.Columns.Names())
			}
		}
		if see(); len(left) > 0 {
			out = append(out, baselineStory{Key: key, Columns: left})
		}
	}
	return out, nil
}

// confirmedAt returns when a row confirmed what it carried; zero where it has not.
func confirmedAt(e ledger.Episode) time.Time {
	switch {
	case e.Run.Command == "drop", e.Row.Outcome != export.Applied && e.Row.Outcome != export.Drifted:
		return time.Time{}
	case !e.Part.ReadBack.IsZero(), len(e.Moves) == 0:
		return e.Part.ReadBack
	}
	return e.Moves[len(e.Moves)-1].At
}

// changeLines returns what a row would change or has changed, and which limits counted its person.
func changeLines(c rowStory) (lines [][]string) {
	say := func(word, text string) { lines = append(lines, []string{word, text}) }
	word := "change"
	switch {
	case c.Change != nil:
		say("compared", comparedWith(c.Change))
		for _, d := range c.Change.Cells {
			say(word, visible(d.Column)+": "+visible(show.CellText(c.Change.Against, d)))
			word = ""
		}
	case c.Kinds.Has(export.ChangeCreate):
		say(word, "a new user: all cells")
	case c.Kinds.Has(export.ChangeUnchecked):
		say(word, "not known: it was not known what Coupa holds")
	case c.Kinds != 0:
		say(word, "its cells are not kept (retention.values)")
	}
	if c.Kinds != 0 {
		say("counts as", strings.Join(show.KindWords(c.Kinds), "; "))
	}
	for _, l := range c.Limits {
		say("limit", limitText(l))
		for _, a := range l.Approvals {
			say("approved", approvalText(l.Limit, a))
		}
	}
	return lines
}

// comparedWith says what the cells of a row were held against.
func comparedWith(c *export.PersonChange) string {
	if c.Against == export.AgainstCoupa {
		return "with what Coupa showed of its user " + visible(c.CoupaID)
	}
	return "with what was last confirmed, of which no values are kept"
}

func limitText(l limitStory) string {
	if l.Holds != nil {
		return fmt.Sprintf("%s: holds the run; it allows %d, and an approval needs %d", l.Limit, l.Holds.Allows, l.Holds.Needs)
	}
	if len(l.Approvals) > 0 {
		return l.Limit + ": counts the person, and was raised by an approval"
	}
	return l.Limit + ": counts the person, and was not exceeded"
}

func approvalText(limit string, a export.Approval) string {
	text := fmt.Sprintf("%s up to %d, by %s, %s, for run %s", limit, a.Ceilings[limit], a.By, a.At.UTC().Format(time.RFC3339), a.Run)
	switch {
	case a.Ended.UsedBy != "":
		text += ", used by run " + a.Ended.UsedBy
	case a.Ended.GivenUpBy != "":
		text += ", given up by " + a.Ended.GivenUpBy
	case a.Ended.Void != "":
		text += ", " + a.Ended.String()
	default:
		text += ", until " + a.Expires.UTC().Format(time.RFC3339)
	}
	if a.Operator != (export.Operator{}) {
		text += ", given by " + a.Operator.String()
	}
	return text
}

// printBaseline prints what is known as confirmed: the columns, and never their values, which the ledger does not keep.
func printBaseline(w *terminal.Text, confirmed []baselineStory, several bool) {
	if len(confirmed) == 0 {
		w.Printf("\nbaseline: nothing is known as confirmed\n")
		return
	}
	w.Printf("\nbaseline: columns that Coupa holds as they were sent or seen, as far as is known\n")
	var rows [][]string
	for _, b := range confirmed {
		by := "an earlier run"
		if b.Run != "" {
			by = fmt.Sprintf("run %s, %s", b.Run, b.At.UTC().Format(time.RFC3339))
		}
		if b.Seen {
			by += ", seen equal"
		}
		if several {
			by = b.Key + ", " + by
		}
		rows = append(rows, []string{by, strings.Join(b.Columns, ", ")})
	}
	w.Table(rows)
}
