package job

import (
	"context"

	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

// addUnfilled adds to the report of a start each person whose lists a call has emptied and none has filled again,
// whichever run made that call: no start ends in silence while a person lacks them.
func (j *Job) addUnfilled(ctx context.Context, rep *export.Report) error {
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
			export.LogHints(j.env.Log, export.HintsOf(unasked)...).Warnf("Coupa cannot be asked which lists are still empty: %v", unasked)
		}
	}
	j.env.Log.WithField(export.HintField, "hr2coupa status names them").Warnf("%s without lists that a call has emptied", words.Persons(len(people)))
	if rep == nil {
		return nil
	}
	if rep.Unfilled = people; len(rep.Resumed) == 0 {
		rep.Alone = rep.Exit
	}
	rep.Exit = export.WorstExit(rep.Exit, export.ExitStalled)
	return nil
}
