package show

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/undone"
)

// undoWords say why a cell or a person does not go back.
var undoWords = map[undone.Reason]string{
	undone.Created:  "this run has created the user, and Coupa deletes no one: they can only become inactive",
	undone.Unknown:  "what Coupa held before is not known, since Coupa was not asked or did not show it",
	undone.Pruned:   "what the run has changed is no longer kept (retention.values)",
	undone.Hidden:   "Coupa does not show what it holds there now",
	undone.Empty:    "it was empty before, and no CSV file empties this column: --route api can",
	undone.Identity: "the column decides who a row is about",
	undone.Form:     "the value from before cannot be written as a cell: set it in Coupa",
	undone.Unmapped: "the mapping does not fill the column: hr2coupa explain has the value from before, and a file with it can be dropped",
	undone.NoUser:   "Coupa has no such user any more, or several",
	undone.NoKey:    "no key of HR's leads to this user: set the values from before in Coupa",
	undone.Waits:    "an earlier row of the person has no verdict yet",
	undone.Changed:  "it was changed since",
	undone.AsBefore: "Coupa holds the value from before already",
}

// Undoing prints what cannot be undone, what stays, and what goes back, in this order, before anything is sent. With --json
// the result has it.
func Undoing(env *wiring.Env, u *undone.Summary) error {
	if env.JSON {
		return nil
	}
	w, width := env.Stdout.Text(), env.Stdout.Width()
	w.Printf("undo of run %s\n", u.Run)
	title := ""
	for _, reason := range undone.Reasons() {
		n := u.Left[reason]
		if n == 0 {
			continue
		}
		if now := undoTitle(reason); now != title {
			title = now
			w.Printf("\n%s\n", title)
		}
		w.Lines("  ", terminal.Fold(undoCount(reason, n)+": "+undoWords[reason], "  ", width)...)
		w.Table(undoCells(u, reason, n))
	}
	w.Printf("\nGoes back\n  %s of %s\n", export.Plural(u.Back, "cell"), persons(u.People))
	w.Lines("  ", terminal.Fold("mails that Coupa has sent stay sent; HR's next feed brings HR's values again, so correct them in HR first", "  ", width)...)
	w.Printf("\n")
	return w.Err()
}

// undoCount counts what a reason is about: people as a whole, or their cells.
func undoCount(r undone.Reason, n int) string {
	if r.Whole() {
		return persons(n)
	}
	return export.Plural(n, "cell")
}

func persons(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// undoTitle is the title above a reason.
func undoTitle(r undone.Reason) string {
	if r.Lost() {
		return "Cannot be undone"
	}
	return "Stays as it is"
}

// undoCells returns the first cells with a reason, and how many there are beyond these.
func undoCells(u *undone.Summary, reason undone.Reason, all int) (rows [][]string) {
	for _, c := range u.Cells {
		if c.Reason == reason && len(rows) < shownLines {
			rows = append(rows, slices.DeleteFunc([]string{"  " + c.Key, c.Column}, func(s string) bool { return s == "" }))
		}
	}
	if more := all - len(rows); more > 0 {
		rows = append(rows, []string{"  and " + strconv.Itoa(more) + " more"})
	}
	return rows
}

// ConcludeUndo is ConcludeReport for an undo. With --json the result has what Undoing would have printed.
func ConcludeUndo(ctx context.Context, env *wiring.Env, s *job.Started, u *undone.Summary, err error) error {
	if !env.JSON || s == nil || s.Rep == nil || errors.Is(err, exit.ErrInterrupted) {
		return ConcludeReport(ctx, env, s, err)
	}
	return Conclude(ctx, env, s, err, s.Rep.Exit, func() error {
		return JSON(env, struct {
			*export.Report
			Undo *undone.Summary `json:"undo,omitempty"`
		}{Explained(env, s.Rep), u})
	})
}

// NothingUndone ends an undo that plans nothing. Undoing has printed why, and as JSON it is the result.
func NothingUndone(env *wiring.Env, u *undone.Summary) error {
	if !env.JSON {
		return nil
	}
	return JSON(env, struct {
		Undo *undone.Summary `json:"undo"`
	}{u})
}
