// Package upkeep cares for the ledger: it has it checked, copied and pruned, has a person forgotten, and prints the result.
package upkeep

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/trust"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Check prints what is wrong with the ledger, and ends with 1 if anything is.
func Check(ctx context.Context, env *wiring.Env, cfg *config.Config) error {
	_, done := env.Wait(ctx, "checking the ledger")
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

// Backup copies the ledger as it is now into a new folder.
func Backup(ctx context.Context, env *wiring.Env, dir string) error {
	cfg, l, done, err := wiring.ReadLedger(ctx, env)
	if err != nil {
		return err
	}
	defer done()
	_, copying := env.Wait(ctx, "copying the ledger")
	copied, err := l.Backup(dir)
	copying()
	if err != nil {
		return err
	}
	warnOfKey(env, cfg, copied)
	if env.JSON {
		return show.JSON(env, copied)
	}
	return env.Stdout.Printf("%s: database and %s of the spool, %d bytes; checked\n", copied.Dir, export.Plural(copied.Files, "file"), copied.Bytes)
}

// warnOfKey says which key a backup needs and does not have.
func warnOfKey(env *wiring.Env, cfg *config.Config, copied ledger.Copied) {
	if cfg.LedgerKey == nil {
		return // it is in the ledger's folder, and so in the copy, or there is none yet
	}
	line := export.LogHints(env.Log, "keep a copy of that key in a safe place")
	line.Warnf("the key of the hashes is not in the backup: it is where ledger_key says (%s:%d), and without it every baseline is unknown", cfg.File, cfg.Line("ledger_key"))
}

// Prune removes what is older than the retention of the config; dry only prints what it would remove.
func Prune(ctx context.Context, env *wiring.Env, cfg *config.Config, dry bool) error {
	lock := "ledger prune"
	if dry {
		lock = ""
	}
	l, done, err := wiring.UseLedger(env, cfg, lock)
	if err != nil {
		return err
	}
	defer done()
	_, pruned := env.Wait(ctx, "pruning the ledger")
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
