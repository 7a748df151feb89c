package show

import (
	"fmt"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/reconciling"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/export"
)

var shutWords = map[reconciling.Shut]string{
	reconciling.ShutOut: "read now: inactive", reconciling.StillIn: "read now: ACTIVE", reconciling.NoUser: "read now: no user",
	reconciling.ShutUnsure: "read now: cannot be told",
}

// periodLines returns what is known of a period, a line each.
func periodLines(p *reconciling.Period) (lines []string) {
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if p.Ledger {
		say("%s from %s to %s; longest time without one: %s, from %s to %s UTC", export.Plural(p.Runs, "run"), p.From, p.To, export.Plural(p.Hours, "hour"), moment(p.Begins), moment(p.Ends))
	} else {
		say("from %s to %s: there is no ledger, so nothing is known of runs", p.From, p.To)
	}
	if !p.Known {
		say("leavers of the period are not known: feed.leaves names no field with the day")
		return lines
	}
	shut, active := 0, 0
	for _, l := range p.Leavers {
		switch l.Now {
		case reconciling.ShutOut, reconciling.NoUser:
			shut++
		case reconciling.StillIn:
			active++
		}
	}
	say("%s: %d shut out, as read now, %d still active, %d cannot be told; %d late (more than 24 hours after the day began)",
		export.Plural(len(p.Leavers), "leaver"), shut, active, len(p.Leavers)-shut-active, p.Late)
	if p.Unasked > 0 {
		say("of %s the ledger was not asked: they are too many", export.Plural(p.Unasked, "leaver"))
	}
	return lines
}

// LeaverText returns what is known of a leaver of a period.
func LeaverText(l *reconciling.Leaver) string {
	text := ""
	if !l.Left.IsZero() {
		text = "left " + l.Left.Format(time.RFC3339) + ", "
	}
	switch {
	case l.Hours != nil:
		text += fmt.Sprintf("sent as inactive %s later by run %s", export.Plural(*l.Hours, "hour"), l.Run)
		if l.ReadBack.IsZero() {
			text += ", not read back"
		} else {
			text += ", read back " + l.ReadBack.UTC().Format(time.RFC3339)
		}
	default:
		text += "no run is known that has sent them as inactive"
	}
	text += "; " + shutWords[l.Now]
	if l.Hours != nil && l.Now == reconciling.StillIn {
		text += " again"
	}
	switch {
	case l.Hours != nil && *l.Hours < 24: // it came in time; late is only who is active again
	case l.Late && l.Why != "":
		text += "; late: an earlier row was " + string(l.Why)
	case l.Late:
		text += "; late: no row of theirs came before, since they left"
	}
	return text
}

// lateFirst returns the leavers with the late ones first.
func lateFirst(p *reconciling.Period) []reconciling.Leaver {
	out := slices.Clone(p.Leavers)
	slices.SortStableFunc(out, func(a, b reconciling.Leaver) int {
		switch {
		case a.Late == b.Late:
			return 0
		case a.Late:
			return -1
		}
		return 1
	})
	return out
}

// periodText prints a period; nothing where there is none.
func periodText(w *terminal.Text, p *reconciling.Period, width int) {
	if p == nil {
		return
	}
	w.Printf("\nThe period\n")
	for _, line := range periodLines(p) {
		w.Lines("  ", terminal.Fold(line, "  ", width-2)...)
	}
	all := lateFirst(p)
	for i := range all[:min(len(all), shownFindings)] {
		w.Lines("  ", fmt.Sprintf("%s  %s", all[i].Key, all[i].Origin))
		w.Lines("    ", terminal.Fold(LeaverText(&all[i]), "  ", width-4)...)
	}
	if n := len(all) - shownFindings; n > 0 {
		w.Printf("  and %d more: --html FILE and --json have all\n", n)
	}
}

// pageLeaver is a leaver on a page.
type pageLeaver struct{ Key, Where, Text string }

func pageLeavers(p *reconciling.Period) (out []pageLeaver) {
	if p == nil {
		return nil
	}
	all := lateFirst(p)
	for _, l := range all[:min(len(all), pageRows)] {
		out = append(out, pageLeaver{export.Plain(l.Key), export.Plain(l.Origin.String()), export.Plain(LeaverText(&l))})
	}
	return out
}

// moreLeavers returns how many leavers a page has no room for.
func moreLeavers(p *reconciling.Period) int {
	if p == nil {
		return 0
	}
	return max(0, len(p.Leavers)-pageRows)
}
