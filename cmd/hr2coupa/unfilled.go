package main

import (
	"context"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/terminal"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// tellUnfilled puts into the report of a start everybody of whom a call has emptied lists that are not filled again,
// whichever run has made that call: no start ends in silence while somebody lacks them.
func (j *job) tellUnfilled(ctx context.Context, rep *export.Report) error {
	people, err := j.ledger.Unfilled()
	if err != nil || len(people) == 0 {
		return err
	}
	if w := j.writer; w != nil && ctx.Err() == nil {
		var unasked error
		people, unasked, err = w.Look(ctx, people)
		if err != nil || len(people) == 0 {
			return err
		}
		if unasked != nil {
			j.env.log.Warnf("Coupa cannot be asked whose lists are still empty: %v", unasked)
		}
	}
	j.env.log.Warnf("%s without lists that a call has emptied: hr2coupa status names them", persons(len(people)))
	if rep == nil {
		return nil
	}
	if rep.Unfilled = people; len(rep.Resumed) == 0 {
		rep.Alone = rep.Exit
	}
	rep.Exit = export.WorstExit(rep.Exit, export.ExitStalled)
	return nil
}

// unfilled is everybody whose lists are to be told by a command that only looks. What a run that is at work has emptied
// it is about to fill.
func unfilled(l *ledger.Ledger) ([]export.Unfilled, error) {
	people, err := l.Unfilled()
	if err != nil || len(people) == 0 {
		return nil, err
	}
	busy, err := l.Busy()
	return slices.DeleteFunc(people, func(u export.Unfilled) bool { return busy && u.State == export.Loading }), err
}

// unfilledOf puts those of a report's own run into it.
func unfilledOf(l *ledger.Ledger, rep *export.Report) error {
	people, err := unfilled(l)
	rep.Unfilled = slices.DeleteFunc(people, func(u export.Unfilled) bool { return u.Run != rep.Run })
	return err
}

func unfilledText(w *terminal.Text, people []export.Unfilled) {
	if len(people) == 0 {
		return
	}
	w.Printf("\nWithout lists that a call has emptied (%s)\n", persons(len(people)))
	var rows [][]string
	for _, u := range people[:min(len(people), shownRows)] {
		rows = append(rows, []string{u.Row.Origin.String(), dash(u.Row.Key), dash(u.Row.Login), "Coupa id " + dash(u.CoupaID), u.Says()})
	}
	w.Table(rows)
	if more := len(people) - len(rows); more > 0 {
		w.Printf("  and %d more: see --json\n", more)
	}
	for i, u := range people {
		if i == 0 || u.Part != people[i-1].Part {
			w.Printf("  %s: %s\n", u.Part, u.ToDo())
		}
	}
}
