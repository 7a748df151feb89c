package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/heldfile"
	"github.com/hr2coupa/hr2coupa/cmd/internal/operator"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

func statusCmd(env *wiring.Env) *cobra.Command {
	var wait bool
	c := &cobra.Command{
		Use:   "status [RUN]",
		Short: "runs, parts, loads and rows, as the ledger has them",
		Long: `Status shows the newest runs, or one run with its parts and the rows that were not applied: the first
of many, with --json all. RUN is its id, or the word latest for the newest one. Status names people who
lack a list that a call has emptied until it is filled again. It only reads, and may do so while a run is at work. It ends with the code that the run ended with.`,
		Example: "  hr2coupa status\n  hr2coupa status latest\n  hr2coupa status 20261124T020000Z\n  hr2coupa status --wait",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			run := ""
			if len(args) == 1 {
				run = args[0]
			}
			return showStatus(cmd.Context(), env, run, wait)
		},
	}
	c.Flags().BoolVar(&wait, "wait", false, "wait until the run is no longer at work")
	return c
}

func showStatus(ctx context.Context, env *wiring.Env, id string, wait bool) error {
	cfg, l, done, err := wiring.ReadLedger(ctx, env)
	if err != nil {
		return err
	}
	defer done()
	if id == "" && !wait {
		return listRuns(env, l)
	}
	rec, err := waitForRun(ctx, l, id, wait)
	if err != nil {
		return err
	}
	people, err := l.People()
	if err != nil {
		return err
	}
	rep, err := export.ReadReport(l, rec)
	if err != nil {
		return err
	}
	creates, err := wiring.Creates(l, cfg, rec.ID)
	if err != nil {
		return err
	}
	rep.Alarm(creates, people)
	rep.Looked = true
	if rep.Approved, err = operator.Approvals(l, rec.ID); err != nil {
		return err
	}
	if err := wiring.UnfilledOf(l, rep); err != nil {
		return err
	}
	if err := rep.NameHeld(); err != nil {
		return err
	}
	if rep.HeldBy != nil {
		rep.HeldFile = heldfile.Find(cfg.Ledger, rec.ID)
	}
	return exit.With(rep.Exit, show.Report(env, rep))
}

// waitForRun reads a run; with wait it does so until the run is no longer at work.
func waitForRun(ctx context.Context, l ledger.Ledger, id string, wait bool) (rec export.RunRecord, err error) {
	for {
		rec, err = wiring.FindRun(l, id)
		if err != nil || rec.State != export.RunWorking {
			return rec, err
		}
		busy, err := l.Busy()
		if err != nil || !busy {
			return interrupted(rec), err
		}
		if !wait {
			return rec, nil
		}
		id = rec.ID // a newer one may begin meanwhile
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return rec, context.Cause(ctx)
		}
	}
}

// interrupted returns the record of a run that was killed: the ledger has it at work while no program is.
func interrupted(rec export.RunRecord) export.RunRecord {
	rec.Verdict, rec.Exit = export.RunVerdict{End: export.EndResumable}, export.ExitInterrupted
	return rec
}

func listRuns(env *wiring.Env, l ledger.Ledger) error {
	runs, err := l.Runs(20)
	if err != nil {
		return err
	}
	busy, err := l.Busy()
	if err != nil {
		return err
	}
	for i, r := range runs {
		if r.State == export.RunWorking && !busy {
			runs[i] = interrupted(r)
		}
	}
	people, err := wiring.Unfilled(l)
	if err != nil {
		return err
	}
	if env.JSON {
		return show.JSON(env, struct {
			Runs     []export.RunRecord `json:"runs"`
			Unfilled []export.Unfilled  `json:"unfilled,omitempty"`
		}{runs, people})
	}
	w := env.Stdout.Text()
	rows := [][]string{{"RUN", "COMMAND", "STATE", "VERDICT", "EXIT", "RECORDS", "FILES"}}
	for _, r := range runs {
		code := fmt.Sprint(r.Exit)
		if r.State == export.RunWorking && r.Verdict.End == "" {
			code = "-"
		}
		rows = append(rows, []string{r.ID, r.Command, string(r.State), words.Dash(r.Verdict.String()), code, fmt.Sprint(r.Input), words.FileNames(r.Files)})
	}
	w.Table(rows)
	show.UnfilledText(w, people)
	return w.Err()
}
