package explain

import (
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// dayStory is what was so of a person at the end of a day, and since when that was known, as far as the ledger tells.
type dayStory struct {
	Key   string    `json:"key,omitempty"`
	Login string    `json:"login,omitempty"`
	Day   string    `json:"as_of"`
	End   time.Time `json:"end"`           // of the day, in the feed's zone
	Last  *dayRow   `json:"row,omitempty"` // the last row of the person until then; nil where there was none
	Cells []dayCell `json:"cells"`         // what was sent and accepted
}

// dayRow is what HR last said until a day.
type dayRow struct {
	Run     string         `json:"run"`
	Started time.Time      `json:"started"`
	Origin  export.Origin  `json:"origin"`
	Outcome export.Outcome `json:"outcome"`          // as it is now
	Settled time.Time      `json:"settled,omitzero"` // when Coupa's verdict came, or the read-back
	Reason  string         `json:"reason,omitempty"` // why it is not applied
	Later   bool           `json:"later,omitempty"`  // that became known after the day
}

// dayCell is a cell that was sent last until a day, by a row that was accepted.
type dayCell struct {
	Column  string    `json:"column"`
	Value   string    `json:"value"`
	Run     string    `json:"run"`
	Sent    time.Time `json:"sent"`
	Known   time.Time `json:"known"`             // when Coupa's verdict came, or the read-back
	Later   bool      `json:"later,omitempty"`   // that was after the day
	Lost    bool      `json:"lost,omitempty"`    // the value is not kept any more
	Drifted bool      `json:"drifted,omitempty"` // Coupa showed another value afterwards
}

// endOf returns the end of a day in a zone.
func endOf(day string, zone *time.Location) (time.Time, error) {
	d, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return d, export.Hint(exit.Usage("--as-of: %q is not a day", day), "write it as 2026-11-30")
	}
	return d.AddDate(0, 0, 1), nil
}

// asOf returns what was so at the end of a day. rows are the person's, newest first, and episodes theirs.
func asOf(rows []rowStory, episodes []ledger.Episode, end time.Time) (d dayStory) {
	d.End, d.Cells = end, []dayCell{}
	seen := map[string]bool{}
	for i, c := range rows {
		if !c.Started.Before(end) {
			continue
		}
		known := knownSince(episodes[i])
		if d.Last == nil {
			d.Last = &dayRow{c.Run, c.Started, c.Row.Origin, c.Row.Outcome, known, c.Row.Faults.Text(), !known.IsZero() && !known.Before(end)}
		}
		if c.Part == nil || c.Row.Outcome != export.Applied && c.Row.Outcome != export.Drifted {
			continue
		}
		for _, cell := range c.sent() {
			if seen[cell.Column] || cell.Column == export.ColumnID {
				continue
			}
			seen[cell.Column] = true
			cell.Run, cell.Sent, cell.Known, cell.Later = c.Run, c.Started, known, !known.Before(end)
			cell.Drifted = slices.ContainsFunc(c.Row.Faults, func(f export.Fault) bool { return f.Field == cell.Column })
			d.Cells = append(d.Cells, cell)
		}
	}
	return d
}

// knownSince returns when it was known what became of a row: when it was read back, or else when its part became final; zero where
// it went into none, or has no verdict yet.
func knownSince(e ledger.Episode) time.Time {
	if at := confirmedAt(e); !at.IsZero() || len(e.Moves) == 0 || !e.Part.State.Final() {
		return at
	}
	return e.Moves[len(e.Moves)-1].At
}

// sent returns the cells of a row: those of the part's bytes, else those that changed and are kept. The names of all others are known.
func (c rowStory) sent() (cells []dayCell) {
	for _, cell := range c.Cells {
		cells = append(cells, dayCell{Column: cell.Column, Value: cell.Value})
	}
	if len(cells) > 0 {
		return cells
	}
	has := map[string]string{}
	if c.Change != nil {
		for _, d := range c.Change.Cells {
			has[d.Column] = d.New
		}
	}
	for _, column := range c.Part.Columns.Names() {
		value, kept := has[column]
		cells = append(cells, dayCell{Column: column, Value: value, Lost: !kept})
	}
	return cells
}

func printDay(env *wiring.Env, d dayStory) error {
	w := env.Stdout.Text()
	w.Printf("at the end of %s (%s)\n", d.Day, d.End.Format(time.RFC3339))
	if d.Last == nil {
		w.Printf("the ledger has no row of this person until then\n")
		return w.Err()
	}
	lines := [][]string{
		{"HR", d.Last.Origin.String() + ", planned by run " + d.Last.Run},
		{"outcome", string(d.Last.Outcome)},
	}
	if d.Last.Reason != "" {
		lines = append(lines, []string{reasonWord(d.Last.Outcome), d.Last.Reason})
	}
	switch {
	case d.Last.Later:
		lines = append(lines, []string{"known", "only later, since " + d.Last.Settled.UTC().Format(time.RFC3339)})
	case !d.Last.Settled.IsZero():
		lines = append(lines, []string{"known", "since " + d.Last.Settled.UTC().Format(time.RFC3339)})
	}
	w.Table(lines)
	if len(d.Cells) == 0 {
		w.Printf("\nnothing that was sent until then has been accepted\n")
		return w.Err()
	}
	w.Printf("\nsent until then, and accepted; what others have changed in Coupa meanwhile is not known\n")
	rows := [][]string{{"COLUMN", "VALUE", "KNOWN SINCE", "RUN"}}
	for _, c := range d.Cells {
		value, since := visible(c.Value), c.Known.UTC().Format(time.RFC3339)
		switch {
		case c.Lost:
			value = "no longer kept"
		case c.Drifted:
			value += " (Coupa showed another value)"
		}
		if c.Known.IsZero() {
			since = words.Dash("")
		} else if c.Later {
			since += ", later"
		}
		rows = append(rows, []string{c.Column, value, since, c.Run})
	}
	w.Table(rows)
	return w.Err()
}

// tellDay prints what was so at the end of a day.
func tellDay(env *wiring.Env, s story, episodes []ledger.Episode, day string, end time.Time) error {
	d := asOf(s.Rows, episodes, end)
	d.Key, d.Login, d.Day = s.Key, s.Login, day
	if env.JSON {
		return show.JSON(env, d)
	}
	return printDay(env, d)
}
