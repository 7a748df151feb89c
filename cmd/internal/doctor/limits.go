package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

// limits plans the feed as hr2coupa plan does, and reports which limits would hold it: after an upgrade, with new limits on and
// nothing confirmed yet, that is seen before the first night. Nothing is recorded and nothing is sent.
func (d *doctor) limits(ctx context.Context) {
	if d.blind("limits", "feed", "mapping", "layout", "limits", "roles", "protect", "ledger", "coupa", "preflight") {
		return
	}
	d.unshown()
	files, err := d.lastFeed()
	switch {
	case err != nil:
		d.warn("limits", uncompared(err))
		return
	case len(files) == 0 && len(d.pipe.Config.Feed.Files) == 0:
		d.ok("limits", "not compared: no feed file is known that is still there; hr2coupa plan FILE compares one")
		return
	case d.looksUp() && !d.token:
		d.warn("limits", uncompared(errNoToken))
		return
	}
	p, plan, err := d.plan(ctx, files)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		d.warn("limits", uncompared(err))
	case plan == nil:
		d.ok("limits", "there is nothing to compare with them")
	default:
		d.judge(p, plan)
	}
}

// uncompared says why no feed was compared with the limits. Its hint is that of the error.
func uncompared(err error) error {
	return export.WithHintsOf(fmt.Errorf("no feed was compared with them: %s", exit.Said(err)), err)
}

// lastFeed returns the files to plan: none stands for feed.files. Where the config has none, they are those of the last run
// that are still there.
func (d *doctor) lastFeed() (paths []string, err error) {
	cfg := d.pipe.Config
	if len(cfg.Feed.Files) > 0 || !wiring.LedgerExists(cfg.Ledger) {
		return nil, nil
	}
	l, err := wiring.OpenLedger(d.env, cfg.Ledger)
	if err != nil {
		return nil, errors.New("the ledger cannot be opened") // the line about it says why
	}
	defer l.Close() // only read from
	const recent = 50
	runs, err := l.Runs(recent)
	for _, run := range runs {
		for _, f := range run.Files {
			if run.Command != "drop" && wiring.Exists(f.Path) {
				paths = append(paths, f.Path)
			}
		}
		if len(paths) > 0 {
			break
		}
	}
	return paths, err
}

// plan plans the files; of files that were planned before as if they were new, where nothing is new. plan is nil where there is
// nothing to plan.
func (d *doctor) plan(ctx context.Context, files []string) (p *prospect.Prospect, plan *export.Plan, err error) {
	p, err = prospect.Prepare(ctx, d.env, prospect.Ask{Pipe: d.pipe, Started: d.env.Now().UTC(), Client: d.client, Files: files, All: true})
	if err != nil || p.Planner == nil {
		return p, nil, err
	}
	plan, err = p.Planner.Build(ctx, &unkept{})
	return p, plan, err
}

// judge reports the limits that a plan exceeds, and that administrators are not protected. It is a fault where the next run would be held.
func (d *doctor) judge(p *prospect.Prospect, plan *export.Plan) {
	if p.HoldersUnknown() {
		d.warn("roles", export.Hint(errors.New("who holds a role of roles.never is not known, since Coupa is not asked: no administrator is protected, and one who leaves is switched off"),
			"let Coupa be asked (preflight), name such logins in protect, or set roles.protect_holders to false"))
	}
	of := fmt.Sprintf("%s, %s", export.Plural(plan.Input, "record"), words.Persons(plan.Rows+plan.Same))
	if !p.Checked {
		of += ", unchecked"
	}
	broken := p.Judge(plan)
	if len(broken) == 0 {
		d.ok("limits", "a run of the last feed (%s) is within all of them", of)
		return
	}
	seen := !slices.ContainsFunc(plan.Files, func(f export.FeedFile) bool {
		return f.Kept != 0 || !slices.ContainsFunc(p.Seen, func(s export.SeenFile) bool { return s.Name == f.Name })
	})
	for _, b := range broken {
		if seen {
			d.warn("limits", export.Hint(fmt.Errorf("the last feed (%s) was planned before; a feed like it would be held: %s", of, b), "%s", whatToDo(b)))
			continue
		}
		d.fail(export.ExitHeld, "limits", export.Hint(fmt.Errorf("a run of the last feed (%s) would be held: %s", of, b), "%s", whatToDo(b)))
	}
}

func whatToDo(b export.Breach) string {
	return "hr2coupa plan shows whom it counts; if it is meant, run it, and approve the held run, or raise limits." + b.Limit
}

// unkept is a sink for a plan of which only the sums count.
type unkept struct{ parts int64 }

func (u *unkept) Part(export.Part, []byte, []export.RowResult) (int64, error) {
	u.parts++
	return u.parts, nil
}

func (*unkept) Row(export.RowResult, []export.KeptRecord) error { return nil }

func (*unkept) Name(int64, string) error { return nil }

func (u *unkept) Restart() error { u.parts = 0; return nil }

// shownBy are the columns without which a limit of the config counts no one.
var shownBy = []struct{ limit, column string }{
	{export.DeactivationsLimit, export.ColumnStatus}, {export.ReactivationsLimit, export.ColumnStatus}, {export.LoginsLimit, export.ColumnLogin},
	{export.NumbersLimit, export.ColumnNumber}, {export.EmailsLimit, export.ColumnEmail},
}

// unshown warns of limits that the config sets and that the feed cannot show, since the mapping does not fill their column: they
// never hold a run. A limit of such a column's own is a fault of the config.
func (d *doctor) unshown() {
	filled, cfg := d.pipe.Mapping.Columns(), d.pipe.Config
	warn := func(limit, column string) {
		d.warn("limits", export.Hint(fmt.Errorf("limits.%s counts no one: the mapping does not fill %s", limit, column), "fill the column, or remove the limit"))
	}
	for _, s := range shownBy {
		if cfg.Line("limits."+s.limit) > 0 && !slices.Contains(filled, s.column) {
			warn(s.limit, s.column)
		}
	}
	if c := wiring.ApprovalCeilings(cfg); c != nil && !slices.ContainsFunc(filled, c.Column) {
		warn(export.ApprovalLimitsLimit, "a column with a limit")
	}
}
