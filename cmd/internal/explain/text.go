package explain

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/change"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

func printStory(env *wiring.Env, s story, several bool) error {
	w := env.Stdout.Text()
	if s.Pseudonym != "" {
		w.Printf("%s is %s\n\n", s.Pseudonym, s.Key)
	}
	if s.Asked != "" {
		w.Printf("no key is %s; in another case:\n\n", s.Asked)
		several = true
	}
	for i, c := range s.Rows {
		if i > 0 {
			w.Printf("\n")
		}
		printRowStory(w, c, several)
	}
	printBaseline(w, s.Baseline, several)
	if m := s.Missing; m != nil {
		w.Printf("\nmissing in the snapshots since %s, %d so far (feed.gone)\n", m.Since, m.Snapshots)
	}
	if len(s.Known) > 0 {
		w.Printf("\nnamed by the overrides of today: %s\n", strings.Join(s.Known, ", "))
	}
	if s.more > 0 {
		w.Printf("\nand %s before: --all shows them\n", export.Plural(s.more, "run"))
	}
	return w.Err()
}

func printRowStory(w *terminal.Text, c rowStory, several bool) {
	w.Printf("%s %s, %s: %s\n", c.Command, c.Run, c.Started.Format(time.RFC3339), show.InTone(c.Row.Outcome, string(c.Row.Outcome)))
	lines := [][]string{}
	say := func(word, text string) {
		if text != "" {
			lines = append(lines, []string{word, text})
		}
	}
	if several {
		say("key", c.Row.Key)
	}
	from := c.Row.Origin.String()
	if c.Row.Lines > 1 {
		from += fmt.Sprintf(", which stands for %d records of the person", c.Row.Lines)
	}
	switch {
	case change.Typed(c.Row.Origin) && !change.IsGone(c.Row.Origin):
		say("typed", "hr2coupa "+from)
	case c.Command == "drop":
		say("file", from)
	case c.Command == ledger.Rebuild:
		say("user", from)
	default:
		say("HR", from)
	}
	say(reasonWord(c.Row.Outcome), c.Row.Faults.Text())
	if c.Row.Outcome == export.Excluded && len(c.Row.Faults) == 0 {
		say("why", "the feed is not about this person: "+wiring.Where+" is false for the record")
	}
	say("undoes", runOrNone(c.Undoes))
	say("undone by", runOrNone(c.Undone))
	say("to do", c.Todo)
	lines = append(lines, changeLines(c)...)
	for _, f := range c.Not {
		say("not HR's", f.Field+": "+f.Message)
	}
	for _, r := range c.Rules {
		say("rule", r.Column+": "+visible(r.Text))
	}
	for _, n := range c.Names {
		say("where", wiring.NameIn(n)+" is "+visible(n.Text))
	}
	if c.Planner != (export.Operator{}) {
		say("run", "planned by "+c.Planner.String())
	}
	if p := c.Part; p != nil {
		place := fmt.Sprintf("%s, wave %d, row %d", p.Name, p.Wave, p.Row)
		if p.Line > 0 {
			place += fmt.Sprintf(", line %d of the file", p.Line)
		}
		say("part", place)
		if p.UserName != "" {
			say("", "your "+p.UserName)
		}
		if p.LoadID != "" {
			say("load", fmt.Sprintf("%s via %s: %s", p.LoadID, p.Via, words.Dash(string(p.Verdict))))
		}
		say("call", callText(p.Call))
		if p.Call != nil && len(p.Call.Unfilled) > 0 {
			say("", export.Unfilled{Part: p.Name, State: p.State}.ToDo())
		}
		say("state", string(p.State))
		for _, m := range p.Moves {
			say("", moveText(m))
		}
		say("hint", p.Hint)
	}
	say("cells", c.Lost)
	say("hint", c.Hint)
	w.Table(lines)
	cellsTable(w, c)
}

// runOrNone names a run; "" stays.
func runOrNone(id string) string {
	if id == "" {
		return ""
	}
	return "run " + id
}

func callText(c *callStory) string {
	switch {
	case c == nil:
		return ""
	case !c.Answered.IsZero() && c.CoupaID == "":
		return "no Coupa user"
	}
	text := "Coupa id " + words.Dash(c.CoupaID)
	if c.Created {
		text += ", created by this row"
	}
	if c.Answered.IsZero() {
		text += ", call begun, no answer yet"
	} else {
		text += ", answered " + c.Answered.Format(time.RFC3339)
	}
	for _, column := range slices.Sorted(maps.Keys(c.Emptied)) {
		text += fmt.Sprintf("; %s was emptied first and held %s", column, words.Dash(strings.Join(c.Emptied[column], ", ")))
		if slices.Contains(c.Unfilled, column) {
			text += ", and it was not seen filled since"
		}
	}
	return text
}

// reasonWord returns the label of a reason, which says where the reason is from.
func reasonWord(o export.Outcome) string {
	switch o {
	case export.Rejected:
		return "Coupa"
	case export.Drifted:
		return "drift"
	}
	return "why"
}

func moveText(m ledger.Move) string {
	text := fmt.Sprintf("%s  %s", m.At.Format(time.RFC3339), m.To)
	if m.Notes != nil {
		text += ": " + m.Notes.Text()
	}
	return text
}

func cellsTable(w *terminal.Text, c rowStory) {
	if len(c.Cells) == 0 {
		return
	}
	rows := [][]string{{"COLUMN", "VALUE", "EXPRESSION"}}
	known := false
	for _, cell := range c.Cells {
		known = known || cell.Expression != ""
		from := words.Dash(cell.From)
		if cell.From == "" && cell.Expression != "" {
			from = visible(cell.Expression)
		}
		rows = append(rows, []string{cell.Column, visible(cell.Value), from})
	}
	if !known { // a file by hand, or a run from before mappings were stored
		for i := range rows {
			rows[i] = rows[i][:2]
		}
	}
	w.Printf("\n")
	w.Table(rows)
}

// visible shows a text on one line. It quotes an empty text, and one with characters that control a terminal.
func visible(s string) string {
	if s == "" || export.Plain(s) != s {
		return strconv.Quote(s)
	}
	return s
}
