package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/operator"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rejected"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/trust"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

func ledgerCmd(env *wiring.Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "ledger",
		Short: "care for the ledger: check, backup, prune, forget, new-key",
		Long: `The ledger is what hr2coupa knows for sure: what was sent, and with which result. These commands keep
it sound, small, and free of people who are to be forgotten.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return export.Hint(exit.Usage("ledger: unknown command %q", args[0]), "see hr2coupa ledger --help")
			}
			cmd.SetOut(env.Stderr.Words())
			_ = cmd.Help() // writes to stderr; there is no other place to report that it fails
			return export.Hint(exit.Usage("ledger: a command is missing"), "give check, backup, prune, forget or new-key")
		},
	}
	c.AddCommand(ledgerCheckCmd(env), ledgerBackupCmd(env), ledgerPruneCmd(env), ledgerForgetCmd(env), ledgerNewKeyCmd(env))
	for _, sub := range c.Commands() {
		strictArgs(sub)
	}
	return c
}

func ledgerCheckCmd(env *wiring.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "check the ledger: modes, database, sums, bytes",
		Long: `Check checks the mode of every file, has SQLite look for damage, adds up the rows of every run, and compares
every word and number that a start reads with the others. It compares the bytes of every part with size and
hash, and the ledger with the mark beside the config: is this the newest ledger? It looks whether the key of
the hashes is the right one, and names the people who lack a list that a call has emptied. It only reads, and may do so while a run is at work. Each fault is one
line, with what fixes it; then it ends with 1.`,
		Example: "  hr2coupa ledger check",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := wiring.LedgerConfig(cmd.Context(), env, config.Options{})
			if err != nil {
				return err
			}
			_, done := env.Wait(cmd.Context(), "checking the ledger")
			checked, err := wiring.CheckLedger(env, cfg.Ledger)
			done()
			if err == nil && len(checked.Findings) == 0 {
				err = furtherFindings(env, cfg, checked)
			}
			if err != nil {
				return err
			}
			code := export.ExitOK
			if len(checked.Findings) > 0 {
				code = export.ExitFault
			}
			return exit.With(code, printChecked(env, checked))
		},
	}
}

// furtherFindings adds that a sound ledger is not the newest one, and which people a call has left without a list.
func furtherFindings(env *wiring.Env, cfg *config.Config, checked *ledger.Checked) error {
	l, done, err := wiring.UseLedger(env, cfg, "")
	if err != nil {
		return err
	}
	defer done()
	s, err := trust.FromMarks(cfg, l, env.Now())
	if err == nil && s.Gone {
		checked.Findings = append(checked.Findings, ledger.Finding{Where: cfg.Ledger, What: s.Why, Fix: trust.WhatToDo})
	}
	if err != nil {
		return err
	}
	if f, err := keyFinding(cfg, l); err != nil {
		return err
	} else if f != nil {
		checked.Findings = append(checked.Findings, *f)
	}
	people, err := wiring.Unfilled(l)
	for _, u := range people {
		checked.Findings = append(checked.Findings, ledger.Finding{Where: "person " + u.Who(), What: u.Says(), Fix: u.ToDo()})
	}
	return err
}

// keyFinding returns that the key of the ledger's hashes is lost or another one; nil where it is the right one, or none was
// used yet.
func keyFinding(cfg *config.Config, l ledger.Ledger) (*ledger.Finding, error) {
	_, err := wiring.LedgerKey(cfg, l)
	if lost, ok := errors.AsType[*wiring.KeyError](err); ok {
		return &ledger.Finding{Where: "key", What: lost.Error(), Fix: strings.Join(lost.Hints(), "; ")}, nil
	}
	return nil, err
}

func printChecked(env *wiring.Env, c *ledger.Checked) error {
	if env.JSON {
		return show.JSON(env, c)
	}
	w := env.Stdout.Text()
	for _, f := range c.Findings {
		w.Printf("%s: %s\n", f.Where, f.What)
		if f.Fix != "" {
			w.Printf("  hint: %s\n", f.Fix)
		}
	}
	if len(c.Findings) == 0 {
		w.Printf("sound: %s, %s (%d with their bytes), %s, %d people\n",
			export.Plural(c.Runs, "run"), export.Plural(c.Parts, "part"), c.Spooled, export.Plural(c.Rows, "row"), c.People)
	}
	return w.Err()
}

func ledgerBackupCmd(env *wiring.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "backup DIR",
		Short: "copy the ledger as it is now into a new folder",
		Long: `Backup copies the database and the bytes of unfinished parts into a folder that is a ledger itself: to
restore it, point the config at it. It works while a run is at work, checks the copy before it gets its
name, and never overwrites. The copy holds personal data: 0700, files 0600. It holds the key of the hashes
too, where that is the ledger's own file ledger.key. If ledger_key names another place, keep that key: without
it what was confirmed of people is of no use.`,
		Example: "  hr2coupa ledger backup /var/backups/hr2coupa-$(date +%F)",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if wiring.Exists(args[0]) {
				return export.Hint(exit.Usage("%s exists already", args[0]), "name a new folder")
			}
			cfg, l, done, err := wiring.ReadLedger(cmd.Context(), env)
			if err != nil {
				return err
			}
			defer done()
			_, copying := env.Wait(cmd.Context(), "copying the ledger")
			copied, err := l.Backup(args[0])
			copying()
			if err != nil {
				return err
			}
			warnOfKey(env, cfg, copied)
			if env.JSON {
				return show.JSON(env, copied)
			}
			err = env.Stdout.Printf("%s: database and %s of the spool, %d bytes; checked\n",
				copied.Dir, export.Plural(copied.Files, "file"), copied.Bytes)
			return err
		},
	}
}

// warnOfKey says which key a backup needs and does not have.
func warnOfKey(env *wiring.Env, cfg *config.Config, copied ledger.Copied) {
	if cfg.LedgerKey == nil {
		return // it is in the ledger's folder, and so in the copy, or there is none yet
	}
	line := export.LogHints(env.Log, "keep a copy of that key in a safe place")
	line.Warnf("the key of the hashes is not in the backup: it is where ledger_key says (%s:%d), and without it every baseline is unknown", cfg.File, cfg.Line("ledger_key"))
}

func ledgerNewKeyCmd(env *wiring.Env) *cobra.Command {
	var by string
	c := &cobra.Command{
		Use:   "new-key --by NAME",
		Short: "forget what was confirmed of people, and begin anew with the present key",
		Long: `New-key makes every baseline unknown: what the ledger knows as last confirmed of people, as hashes that are
made with a secret key. From then on it takes the key that is there now (ledger_key, or ledger.key in the
ledger's folder, which is made if it is missing). Use it if the key is lost or has become known. Rows, people
and runs stay. The next run compares with Coupa, or else takes everyone for changed.`,
		Example: "  hr2coupa ledger new-key --by 'A. Administrator'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if by == "" {
				return export.Hint(exit.Usage("ledger new-key: --by is missing"), "name the person who decides it: --by NAME")
			}
			cfg, err := wiring.LedgerConfig(cmd.Context(), env, config.Options{})
			if err != nil {
				return err
			}
			l, done, err := wiring.UseLedger(env, cfg, "ledger new-key")
			if err != nil {
				return err
			}
			defer done()
			if _, err := wiring.NewKey(cfg, l, operator.Given(by, env.By)); err != nil {
				return err
			}
			return env.Stdout.Printf("every baseline is unknown now; the next run confirms them anew\n")
		},
	}
	c.Flags().StringVar(&by, "by", "", "the person who decides it; the ledger records the name, and who has started the program")
	return c
}

func ledgerPruneCmd(env *wiring.Env) *cobra.Command {
	var dry bool
	c := &cobra.Command{
		Use:   "prune",
		Short: "remove what is older than the config's retention",
		Long: `Prune removes what is finished and older than retention says: the bytes of final parts, what rows hold of
people besides their key, and at last whole runs, notices that were sent, and incidents that have ended.
What is unfinished, held or not sent yet stays, however old it is. So do the people that the ledger knows,
and the names of the feed files, so that an old file is never taken for new.`,
		Example: "  hr2coupa ledger prune --dry-run",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := wiring.LedgerConfig(cmd.Context(), env, config.Options{})
			if err != nil {
				return err
			}
			return pruneLedger(env, cfg, dry)
		},
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "only print what would be removed")
	return c
}

func pruneLedger(env *wiring.Env, cfg *config.Config, dry bool) error {
	lock := "ledger prune"
	if dry {
		lock = ""
	}
	l, done, err := wiring.UseLedger(env, cfg, lock)
	if err != nil {
		return err
	}
	defer done()
	_, pruned := env.Wait(context.Background(), "pruning the ledger")
	p, err := l.Prune(ledger.Retention(cfg.Retention), dry)
	pruned()
	if err != nil {
		return err
	}
	if env.JSON {
		return show.JSON(env, struct {
			DryRun bool `json:"dry_run"`
			ledger.Pruned
		}{dry, p})
	}
	word := "pruned"
	if dry {
		word = "would be pruned"
	}
	line := fmt.Sprintf("%s: bytes of %s (%d), values of %s, %s as a whole", word, export.Plural(p.Parts, "part"), p.Bytes, export.Plural(p.Rows, "row"), export.Plural(p.Runs, "run"))
	if p.Notices+p.Incidents > 0 {
		line += fmt.Sprintf(", %s, %s that had ended", export.Plural(p.Notices, "notice"), export.Plural(p.Incidents, "incident"))
	}
	if p == (ledger.Pruned{}) {
		line = "nothing is older than the config's retention"
	}
	return env.Stdout.Printf("%s\n", line)
}

func ledgerForgetCmd(env *wiring.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "forget KEY",
		Short: "remove every value of one person from the ledger's folder",
		Long: `Forget removes what the ledger holds of the person with that key (feed.key): key, login, status and
messages of their rows, the hashes of what was confirmed, the person themselves, the spool files that hold or
name them, files of rejected records with their key (as a whole), and every byte of it in the database's free space. Rows still count in the sums of their runs. If a
part with the person is still on its way, nothing changes. Backups, HR's feed and Coupa are not touched. If HR's
next feed names the person, the ledger knows them again.`,
		Example: "  hr2coupa ledger forget 002022",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := wiring.LedgerConfig(cmd.Context(), env, config.Options{})
			if err != nil {
				return err
			}
			return forgetPerson(env, cfg, args[0])
		},
	}
}

func forgetPerson(env *wiring.Env, cfg *config.Config, key string) error {
	if key == "" {
		return exit.Usage("ledger forget: the key is empty")
	}
	l, done, err := wiring.UseLedger(env, cfg, "ledger forget")
	if err != nil {
		return err
	}
	defer done()
	f, err := l.Forget(key)
	if tidy := alike.Tidy(key); err == nil && f == (ledger.Forgotten{}) && tidy != key { // as HR writes it, and as it is compared
		f, err = l.Forget(tidy)
	}
	var notFinal *ledger.NotFinalError
	var kept *ledger.KeptError
	if errors.As(err, &notFinal) || errors.As(err, &kept) || errors.As(err, new(*ledger.UnfilledError)) {
		return exit.Usage("%w", err)
	}
	files := 0
	if err == nil {
		files, err = rejected.Forget(cfg.Ledger, alike.Tidy(key))
	}
	if err != nil {
		return err
	}
	if f == (ledger.Forgotten{}) && files == 0 {
		return export.Hint(exit.Usage("the ledger holds no person with this key"), "give the value of feed.key as HR writes it%s", stillKnown(wiring.KnownLines(cfg, key)))
	}
	at := wiring.KnownLines(cfg, key)
	if env.JSON {
		return show.JSON(env, struct {
			ledger.Forgotten
			Rejected int      `json:"rejected_files,omitempty"`
			Known    []string `json:"known,omitempty"` // overrides that still name the person
		}{f, files, at})
	}
	gone := []string{"values of " + export.Plural(f.Rows, "row"), export.Plural(f.Spool, "file") + " of the spool"}
	if f.Dated > 0 {
		gone = append(gone, export.Plural(f.Dated, "change")+" that waited for a day")
	}
	if files > 0 {
		gone = append(gone, export.Plural(files, "file")+" of rejected records")
	}
	if f.Known {
		gone = append(gone, "the person")
	}
	err = env.Stdout.Printf("forgotten: %s; backups may still hold them%s\n", strings.Join(gone, ", "), stillKnown(at))
	return err
}

// stillKnown says which overrides name a person; "" if none does.
func stillKnown(at []string) string {
	if len(at) == 0 {
		return ""
	}
	return "; " + strings.Join(at, ", ") + " still names the person: remove it by hand"
}
