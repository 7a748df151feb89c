package wiring

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite"
	"github.com/hr2coupa/hr2coupa/export/mapping"
)

// LedgerConfig reads the config for a command that needs an existing ledger.
func LedgerConfig(ctx context.Context, env *Env, opt config.Options) (*config.Config, error) {
	opt.NoFeed = true
	cfg, err := Load(ctx, env, opt)
	if err != nil {
		return nil, err
	}
	if !LedgerExists(cfg.Ledger) {
		return nil, export.Hint(exit.Usage("there is no ledger in %s yet", cfg.Ledger), "hr2coupa run creates one; for another ledger name its config with -c FILE")
	}
	return cfg, nil
}

// OpenLedger opens the ledger in a folder, and creates it if it does not exist. It takes no lock.
func OpenLedger(env *Env, dir string) (ledger.Ledger, error) {
	l, err := sqlite.Open(sqlite.Options{Dir: dir, Now: env.Now})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// CheckLedger checks the ledger in a folder for contradictions.
func CheckLedger(env *Env, dir string) (*ledger.Checked, error) {
	return sqlite.Check(sqlite.Options{Dir: dir, Now: env.Now})
}

// UseLedger opens the ledger, with its lock for the command that lock names, or only to read if lock is "". done ends both.
func UseLedger(env *Env, cfg *config.Config, lock string) (l ledger.Ledger, done func(), err error) {
	if l, err = OpenLedger(env, cfg.Ledger); err != nil {
		return nil, nil, err
	}
	unlock := func() error { return nil }
	if lock != "" {
		if unlock, err = l.Lock(Holder(lock, env.Now())); err != nil {
			return nil, nil, errors.Join(err, l.Close())
		}
	}
	return l, func() {
		if err := errors.Join(unlock(), l.Close()); err != nil {
			export.LogHints(env.Log, export.HintsOf(err)...).Errorf("close the ledger: %v", err)
		}
	}, nil
}

// ReadLedger reads the config and opens its ledger for a command that only reads it; call done in the end.
func ReadLedger(ctx context.Context, env *Env) (cfg *config.Config, l ledger.Ledger, done func(), err error) {
	if cfg, err = LedgerConfig(ctx, env, config.Options{}); err != nil {
		return nil, nil, nil, err
	}
	l, done, err = UseLedger(env, cfg, "")
	return cfg, l, done, err
}

// Holder returns the text about a lock's holder that the next command reads if it finds the lock taken.
func Holder(command string, now time.Time) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("pid %d on host %s, hr2coupa %s, since %s", os.Getpid(), host, command, now.UTC().Format(time.RFC3339))
}

// Creates returns how many users Coupa may count as created from a run before it is an alarm.
func Creates(l interface {
	UsedBy(string) ([]export.Approval, error)
}, cfg *config.Config, run string) (export.Limit, error) {
	limit := cfg.Limits.Creates
	used, err := l.UsedBy(run)
	for _, a := range used {
		limit.Count = max(limit.Count, a.Ceilings[export.CreatesLimit])
	}
	return limit, err
}

// PartCells reads a part, its header first.
func PartCells(part []byte, take func([]string) bool) error {
	return layout.Decode(part, func(l layout.Line) bool { return take(l.Cells) })
}

// Today is the name under which the ledger stores the day of a run, beside the columns of its mapping.
const Today = "today()"

// Where is the config key of the condition that says whom a feed is about, and the name under which the ledger stores it.
const Where = "feed.where"

// Leaves is the config key of the field with the day on which a person leaves.
const Leaves = "feed.leaves"

// Effective is the config key of the field with the day from which a record holds.
const Effective = "feed.effective"

// Expressions returns the mapping as the ledger stores it with each run: its columns, then what their expressions name. today is the day that today() is; "" where nothing
// depends on it.
func Expressions(cfg *config.Config, today string) []export.Expression {
	out := make([]export.Expression, len(cfg.Mapping.Columns))
	for i, c := range cfg.Mapping.Columns {
		out[i] = export.Expression{Column: c.Name, Text: c.Expr}
	}
	if cfg.Feed.Where != "" {
		out = append(out, export.Expression{Column: Where, Text: cfg.Feed.Where})
	}
	for _, v := range cfg.Mapping.Vars {
		out = append(out, export.Expression{Column: mapping.VarsKey + v.Name, Text: v.Expr})
	}
	if today != "" {
		out = append(out, export.Expression{Column: Today, Text: today})
	}
	return out
}

// NameIn returns the name of what is stored behind the columns of a mapping, as an expression writes it; "" for a column.
func NameIn(e export.Expression) string {
	if name, isVar := strings.CutPrefix(e.Column, mapping.VarsKey); isVar {
		return name
	}
	if e.Column == Today {
		return Today
	}
	return ""
}

// Exists reports whether there may be something at a path: an error other than "not there" counts as yes.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// LedgerExists reports whether a folder has a ledger.
func LedgerExists(dir string) bool { return Exists(filepath.Join(dir, "ledger.db")) }

// Lister lists the files that Coupa has loaded.
type Lister interface {
	Recent(ctx context.Context, word string, since time.Time) ([]*export.Load, error)
}

// Unfilled returns the people that a reading command reports as without a list. It leaves out those of a run at work, which is
// about to fill them.
func Unfilled(l ledger.Ledger) ([]export.Unfilled, error) {
	people, err := l.Unfilled()
	if err != nil || len(people) == 0 {
		return nil, err
	}
	busy, err := l.Busy()
	return slices.DeleteFunc(people, func(u export.Unfilled) bool { return busy && u.State == export.Loading }), err
}

// UnfilledOf puts the people without lists of a report's own run into the report.
func UnfilledOf(l ledger.Ledger, rep *export.Report) error {
	people, err := Unfilled(l)
	rep.Unfilled = slices.DeleteFunc(people, func(u export.Unfilled) bool { return u.Run != rep.Run })
	return err
}
