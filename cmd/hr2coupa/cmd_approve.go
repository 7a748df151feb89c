package main

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/operator"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

type approveOptions struct {
	limits      map[string]*int // by the limit's name
	columns     []string
	fill        []string
	shrink, yes bool
	expires     time.Duration
	by          string
}

// approveLimits are the limits that approve has an option each for, with its help.
var approveLimits = []struct{ limit, help string }{
	{export.DeactivationsLimit, "how many people may become inactive"},
	{export.CreatesLimit, "how many new users a checked plan may create, and Coupa may count as created before it is an alarm"},
	{export.UpdatesLimit, "how many rows that are no deactivation may be sent"},
	{export.ReactivationsLimit, "how many people may become active again"},
	{export.LoginsLimit, "how many people may get another login"},
	{export.NumbersLimit, "how many people may get another employee number"},
	{export.EmailsLimit, "how many people may get another e-mail address"},
	{export.RolesTakenLimit, "how many people may lose a role or a group"},
	{export.RolesGivenLimit, "how many people may get a role or a group"},
	{export.RolesAskedLimit, "how many people may get a role of roles.ask"},
	{export.ApprovalLimitsLimit, "how many people may approve more than limits.approval_limits allows"},
}

func approveCmd(env *wiring.Env) *cobra.Command {
	var o approveOptions
	c := &cobra.Command{
		Use:   "approve RUN --by NAME",
		Short: "record a ceiling for a held run",
		Long: `Approve records that a held run may exceed the limits of the config: who approved it, up to how many
changes, and until when. It sends nothing. The next run plans everything afresh, the records of the held
run and new ones, and sends if it is within the ceilings; it uses the approval up. RUN is its id, or the
word latest for the one that is held. The ledger records the account of the system beside --by. With
approve.other in the config, whoever has planned the run cannot approve it.`,
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
			return recordApproval(env, cfg, export.Approval{Run: args[0], By: o.by, Operator: env.By, At: now, Expires: now.Add(o.expires), Ceilings: ceilings}, o.yes)
		},
	}
	f := c.Flags()
	o.limits = map[string]*int{}
	for _, l := range approveLimits {
		o.limits[l.limit] = f.Int(export.LimitOption(l.limit), 0, l.help)
	}
	f.StringArrayVar(&o.columns, "column", nil, "how many people may get another value in a column, as 'Approver Login=900'; may be repeated")
	f.StringArrayVar(&o.fill, "fill", nil, "how many people may have no value any more in a column, as 'Status=60'; may be repeated")
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
	for _, l := range approveLimits {
		option, n := export.LimitOption(l.limit), *o.limits[l.limit]
		if given(option) {
			ceilings[l.limit] = n
		}
		if n < 0 {
			return nil, exit.Usage("--%s is \"%d\", and must be %s", option, n, flagValues["int"])
		}
	}
	if err := errors.Join(byColumn(ceilings, "column", o.columns, export.ColumnLimit), byColumn(ceilings, "fill", o.fill, export.FillLimit)); err != nil {
		return nil, err
	}
	if o.shrink {
		ceilings[export.ShrinkLimit] = 1
	}
	switch {
	case len(ceilings) == 0:
		return nil, export.Hint(exit.Usage("approve: no limit is given"), "hr2coupa status RUN shows what holds the run; its report ends with the whole command")
	case o.by == "":
		return nil, export.Hint(exit.Usage("approve: --by is missing"), "name the person who approves it: --by NAME")
	case o.expires <= 0:
		return nil, exit.Usage("approve: --expires is %v, and must be above 0", o.expires)
	}
	return ceilings, nil
}

// byColumn adds the ceilings of columns, which an option has as 'Approver Login=900'.
func byColumn(ceilings map[string]int, option string, given []string, limit func(column string) string) error {
	for _, c := range given {
		name, text, ok := strings.Cut(c, "=")
		n, err := strconv.Atoi(text)
		if !ok || err != nil || n < 0 {
			return export.Hint(exit.Usage("approve: --%s %q is not a column and a whole number, 0 or above", option, c), "write it as 'Approver Login=900'")
		}
		ceilings[limit(name)] = n
	}
	return nil
}

func recordApproval(env *wiring.Env, cfg *config.Config, word export.Approval, yes bool) error {
	l, done, err := wiring.UseLedger(env, cfg, "approve")
	if err != nil {
		return err
	}
	defer done()
	rec, err := wiring.FindHeld(l, word.Run)
	if err != nil {
		return err
	}
	if word.Run = rec.ID; rec.State != export.RunHeld {
		return notHeld(l, rec)
	}
	if b, low := word.TooLow(rec.Held); low {
		err := exit.Usage("approve: %s is %d, and run %s needs %d", export.LimitName(b.Limit), word.Ceilings[b.Limit], rec.ID, b.Needs())
		return export.Hint(err, "%s", export.ApproveCommand(rec.ID, rec.Held))
	}
	if err := operator.MayApprove(l, word, cfg.ApproveOther); err != nil {
		return err
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
	counts, err := l.Approvals(word.At)
	if err != nil {
		return err
	}
	w := env.Stdout.Text()
	w.Printf("approved for run %s: %s\n", rec.ID, word.String())
	for _, b := range rec.Held {
		given := slices.ContainsFunc(append(counts, word), func(a export.Approval) bool {
			ceiling, named := a.Ceilings[b.Limit]
			return a.Run == rec.ID && named && ceiling >= b.Needs()
		})
		if !given && b.Limit != "" {
			w.Printf("  not approved by this: %s\n", b)
		}
	}
	w.Printf("\nNext\n  hr2coupa run plans everything afresh and sends if it is within these ceilings\n")
	return w.Err()
}

// notHeld returns the error for a run that is not held, or not any more. If it was planned again and is held again, that
// other run is what a person has to see.
func notHeld(l ledger.Ledger, rec export.RunRecord) error {
	err := exit.Usage("run %s is %s, and only a held run can be approved", rec.ID, words.Dash(rec.Verdict.String()))
	now := rec
	for now.Verdict.Kept.PlannedBy != "" {
		next, ok, failed := l.Run(now.Verdict.Kept.PlannedBy)
		if failed != nil {
			return failed
		}
		if !ok {
			break
		}
		now = next
	}
	if now.State != export.RunHeld || now.ID == rec.ID {
		return err
	}
	return export.Hint(err, "run %s is held instead: look at it with hr2coupa status %s before you approve it", now.ID, now.ID)
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
