package main

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

type approveOptions struct {
	deactivations, creates, updates int
	columns                         []string
	shrink, yes                     bool
	expires                         time.Duration
	by                              string
}

func approveCmd(env *wiring.Env) *cobra.Command {
	var o approveOptions
	c := &cobra.Command{
		Use:   "approve RUN --by NAME",
		Short: "record a ceiling for a held run",
		Long: `Approve records that a held run may exceed the limits of the config: who approved it, up to how many
changes, and until when. It sends nothing. The next run plans everything afresh, the records of the held
run and new ones, and sends if it is within the ceilings; it uses the approval up.`,
		Example: "  hr2coupa approve 20261124T020000Z --deactivations 40 --by 'A. Administrator'\n" +
			"  hr2coupa approve 20261124T020000Z --column 'Approver Login=900' --expires 72h --by 'A. Administrator'",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ceilings, err := o.ceilings(cmd.Flags().Changed)
			if err != nil {
				return err
			}
			cfg, err := wiring.LedgerConfig(cmd.Context(), env, config.Options{})
			if err != nil {
				return err
			}
			for _, c := range o.columns {
				if name, _, _ := strings.Cut(c, "="); !hasColumnLimit(cfg, name) {
					return export.Hint(exit.Usage("approve: the config has no limit for the column %q", name), "name a column of limits.columns")
				}
			}
			now := env.Now().UTC()
			return recordApproval(env, cfg, export.Approval{Run: args[0], By: o.by, At: now, Expires: now.Add(o.expires), Ceilings: ceilings}, o.yes)
		},
	}
	f := c.Flags()
	f.IntVar(&o.deactivations, "deactivations", 0, "how many people may become inactive")
	f.IntVar(&o.creates, "creates", 0, "how many new users a checked plan may create, and Coupa may count as created before it is an alarm")
	f.IntVar(&o.updates, "updates", 0, "how many rows that are no deactivation may be sent")
	f.StringArrayVar(&o.columns, "column", nil, "how many rows may set a column, as 'Approver Login=900'; may be repeated")
	f.BoolVar(&o.shrink, "shrink", false, "the feed is complete although it is so much smaller")
	f.DurationVar(&o.expires, "expires", 24*time.Hour, "how long the approval is valid")
	f.StringVar(&o.by, "by", "", "the person who approves; the ledger records the name")
	f.BoolVar(&o.yes, "yes", false, "do not ask on a terminal")
	return c
}

func hasColumnLimit(cfg *config.Config, column string) bool {
	_, ok := cfg.Limits.Columns[column]
	return ok
}

func (o *approveOptions) ceilings(given func(flag string) bool) (map[string]int, error) {
	ceilings := map[string]int{}
	for key, n := range map[string]int{
		export.DeactivationsLimit: o.deactivations, export.CreatesLimit: o.creates, export.UpdatesLimit: o.updates,
	} {
		if given(key) {
			ceilings[key] = n
		}
		if n < 0 {
			return nil, exit.Usage("approve: --%s is %d, and may not be negative", key, n)
		}
	}
	for _, c := range o.columns {
		name, text, ok := strings.Cut(c, "=")
		n, err := strconv.Atoi(text)
		if !ok || err != nil || n < 0 {
			return nil, export.Hint(exit.Usage("approve: --column %q is not a column and a number", c), "write it as 'Approver Login=900'")
		}
		ceilings[export.ColumnLimit(name)] = n
	}
	if o.shrink {
		ceilings[export.ShrinkLimit] = 1
	}
	switch {
	case len(ceilings) == 0:
		return nil, export.Hint(exit.Usage("approve: no limit is given"), "hr2coupa status RUN shows what holds the run; give --deactivations N, --updates N, --creates N, --column NAME=N or --shrink")
	case o.by == "":
		return nil, export.Hint(exit.Usage("approve: --by is missing"), "name the person who approves it: --by NAME")
	case o.expires <= 0:
		return nil, exit.Usage("approve: --expires is %v, and must be above 0", o.expires)
	}
	return ceilings, nil
}

func recordApproval(env *wiring.Env, cfg *config.Config, word export.Approval, yes bool) error {
	l, done, err := wiring.UseLedger(env, cfg, "approve")
	if err != nil {
		return err
	}
	defer done()
	rec, ok, err := l.Run(word.Run)
	switch {
	case err != nil:
		return err
	case !ok:
		return exit.NoRun(word.Run)
	case rec.State != export.RunHeld:
		return exit.Usage("run %s is %s, and only a held run can be approved", rec.ID, words.Dash(rec.Verdict.String()))
	}
	if !yes && wiring.CanAsk(env) {
		if err := askCeilings(env, rec, &word); err != nil {
			return err
		}
	}
	if err := l.Approve(word); err != nil {
		return err
	}
	if env.JSON {
		return show.JSON(env, word)
	}
	err = env.Stdout.Printf("approved for run %s: %s\n\nNext\n  hr2coupa run plans everything afresh and sends if it is within these ceilings\n", rec.ID, word.String())
	return err
}

func askCeilings(env *wiring.Env, rec export.RunRecord, word *export.Approval) error {
	for _, h := range rec.Held {
		env.Stderr.Printf("held: %s\n", h)
	}
	env.Stderr.Printf("Approve run %s: %s? [y/N] ", rec.ID, word.String())
	answer, err := bufio.NewReader(io.LimitReader(env.Stdin, 100)).ReadString('\n')
	if answer = strings.ToLower(strings.TrimSpace(answer)); err != nil || answer != "y" && answer != "yes" {
		return exit.Usage("not approved")
	}
	return nil
}
