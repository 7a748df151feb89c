package show

import (
	"math"

	"github.com/hr2coupa/hr2coupa/cmd/internal/differences"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
)

// PlanDiff prints of whom two saved plans would change different things, and what.
func PlanDiff(env *wiring.Env, before, after string) error {
	was, err := prospect.ReadPlan(before)
	if err != nil {
		return exit.Usage("read the plan %s: %w", before, err)
	}
	defer was.Close()
	is, err := prospect.ReadPlan(after)
	if err != nil {
		return exit.Usage("read the plan %s: %w", after, err)
	}
	defer is.Close()
	c, err := differences.Compare(was.Lines, is.Lines, math.MaxInt)
	if err != nil {
		return err
	}
	if env.JSON {
		return JSON(env, c)
	}
	w, width := env.Stdout.Text(), env.Stdout.Width()
	w.Printf("people: %s\n", c.Sentence())
	for _, m := range c.People {
		w.Printf("\n%s  %s  %s\n", m.Key, m.Origin(), m.Word())
		for _, cell := range m.Cells() {
			switch {
			case m.Old == nil:
				w.Lines("  ", terminal.Fold(cell.Column+": "+cell.New, "    ", width-2)...)
			case m.New == nil:
				w.Lines("  ", terminal.Fold(cell.Column+": "+cell.Old, "    ", width-2)...)
			default:
				w.Lines("  ", terminal.Fold(cell.Column+": "+orNothing(cell.Old)+"; now "+orNothing(cell.New), "    ", width-2)...)
			}
		}
	}
	return w.Err()
}

// orNothing returns what changes in a cell, or a word for no change.
func orNothing(change string) string {
	if change == "" {
		return "no change"
	}
	return change
}
