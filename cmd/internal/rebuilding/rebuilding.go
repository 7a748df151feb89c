// Package rebuilding has the ledger learn from Coupa what is there: for a first start on an instance with history, or after
// the ledger was lost. It sends nothing.
package rebuilding

import (
	"context"
	"errors"
	"fmt"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/reconciling"
	"github.com/hr2coupa/hr2coupa/cmd/internal/trust"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Options say where Coupa's users are.
type Options struct {
	Export string   // a Users export of Coupa's; "": by API
	Named  []string // HEADER=COLUMN: which column of the users import a field of that file is about
	Adopt  bool     // the present feed files count as seen: nothing of them is sent
}

// Result is what a rebuilding came to. Users = Taken + NoKey + SameKey + NoLogin.
type Result struct {
	Run      string                   `json:"run"`
	Instance string                   `json:"instance"`
	From     string                   `json:"from"` // api, or the name of the file
	Calls    int                      `json:"calls,omitempty"`
	Key      string                   `json:"key_column"` // Coupa's column that has HR's key
	Users    int                      `json:"users"`      // read
	Taken    int                      `json:"taken"`
	NoKey    int                      `json:"left_out_without_key"`
	SameKey  int                      `json:"left_out_with_the_key_of_another"`
	NoLogin  int                      `json:"left_out_without_login"`
	Unlike   map[string]int           `json:"columns_unknown_of,omitempty"` // of how many people a column stays unknown: Coupa's value has no form of the import
	Left     []reconciling.LeftColumn `json:"left_columns"`
	Files    []export.FeedFile        `json:"adopted_files"`
	Same     []string                 `json:"same_key"` // users left out since several have one key, as a text for people
}

// errOpen is what stands in the way of a rebuilding.
func errOpen(parts []export.Part) error {
	err := exit.Usage("run %s has %s without a verdict, so that Coupa may still change", parts[0].Run, export.Plural(len(parts), "part"))
	return export.Hint(err, "hr2coupa run goes on with it; rebuild then")
}

// Rebuild reads all of Coupa's users, and records of each what Coupa holds as last confirmed. Nothing is recorded if they could not
// be read to their end.
func Rebuild(ctx context.Context, env *wiring.Env, o Options) (*Result, error) {
	pipe, err := wiring.ReadPipeline(ctx, env, config.Options{FeedGiven: !o.Adopt, Users: o.Export == ""})
	if err != nil {
		return nil, err
	}
	users, err := reconciling.OpenUsers(env, pipe, reconciling.Options{Export: o.Export, Named: o.Named}, "rebuild")
	if err != nil {
		return nil, err
	}
	s := &state{users: users, res: &Result{Instance: pipe.Config.Instance, From: "api", Key: users.KeyColumn(), Left: users.Left(), Files: []export.FeedFile{}, Same: []string{}}}
	if err := s.prepare(pipe.Config); err != nil {
		return nil, err
	}
	l, done, err := wiring.UseLedger(env, pipe.Config, ledger.Rebuild)
	if err != nil {
		return nil, err
	}
	defer done()
	if open, err := l.Unfinished(); err != nil || len(open) > 0 {
		if err == nil {
			err = errOpen(open)
		}
		return nil, err
	}
	key, err := wiring.UseKey(pipe.Config, l)
	if err != nil {
		return nil, err
	}
	s.hasher = key.Hasher()
	if o.Adopt {
		in, err := pipe.Open(pipe.Patterns(nil), env.Now().UTC())
		if err != nil {
			return nil, err
		}
		s.res.Files = in.Files()
	}
	if err := users.Read(ctx, s.take); err != nil {
		return nil, err
	}
	if s.res.Users == 0 {
		none := &exit.Error{Code: export.ExitNotDelivered, Err: errors.New("not one user is on Coupa's side")}
		return nil, export.Hint(none, "check what the export was filtered by, or what the client's user may see")
	}
	s.res.Calls = users.Calls()
	if o.Export != "" {
		s.res.From = users.File()
	}
	if err := s.record(env, l); err != nil {
		return nil, err
	}
	return s.res, mark(env, pipe.Config, l)
}

// prepare finds the columns that say who a user is. Without HR's key in one of them no one could be known again.
func (s *state) prepare(cfg *config.Config) error {
	if s.res.Key == "" {
		err := exit.Usage("no column of the mapping is %s alone, so that no user of Coupa's can be known as a person of HR's", cfg.Feed.Key)
		return export.Hint(err, "map %s to it: %s: %s", export.ColumnNumber, export.ColumnNumber, cfg.Feed.Key)
	}
	for name, e := range map[string]*export.Element{s.res.Key: &s.key, export.ColumnLogin: &s.login, export.ColumnStatus: &s.status} {
		var ok bool
		if *e, ok = s.users.Element(name); !ok {
			return export.Hint(exit.Usage("Coupa's side does not show %s, without which no user can be known", name), "export it too, or name it: --column HEADER=%q", name)
		}
	}
	for _, c := range cfg.Mapping.Columns {
		if e, ok := s.users.Element(c.Name); ok && c.Name != export.ColumnID {
			s.columns = append(s.columns, e)
		}
	}
	return nil
}

// record writes what was read as a run in one transaction: until its end nothing of it is in the ledger.
func (s *state) record(env *wiring.Env, l ledger.Ledger) error {
	rec, err := l.BeginRun(export.RunRecord{Command: ledger.Rebuild, Operator: env.By, Started: env.Now().UTC()})
	if err != nil {
		return err
	}
	s.res.Run = rec.ID
	tx, err := l.Plan(rec.ID)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	n, err := s.rows(tx.AddRow)
	if err != nil {
		return err
	}
	if out := s.res.Taken + s.res.NoKey + s.res.SameKey + s.res.NoLogin; n != s.res.Users || out != n {
		return fmt.Errorf("%d users were read, %d are recorded and %d counted: this is a fault of hr2coupa", s.res.Users, n, out)
	}
	// A held run stays as it is: its records are planned anew, against what is known now.
	if err := tx.Commit(export.PlanSum{Input: n, Files: s.res.Files, Beside: true}); err != nil {
		return err
	}
	rec.Input, rec.State, rec.Ended = n, export.RunEnded, env.Now().UTC()
	rec.Verdict = export.RunVerdict{End: export.EndRebuilt}
	return l.EndRun(rec)
}

// mark notes beside the config how far the ledger has come: from now on this one is the newest.
func mark(env *wiring.Env, cfg *config.Config, l ledger.Ledger) error {
	now := env.Now()
	water, err := l.Water(now.Add(-trust.Remembered))
	if err == nil {
		err = trust.WriteMark(cfg, water, now)
	}
	if err != nil {
		export.LogHints(env.Log, "hr2coupa doctor tells where the mark has to be").Warnf("the mark beside the config cannot be written: %v", err)
	}
	return nil
}
