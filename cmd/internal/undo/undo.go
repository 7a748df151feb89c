package undo

import (
	"context"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/change"
	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/undone"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// Undo is one undo at work.
type Undo struct {
	env  *wiring.Env
	pipe *wiring.Pipeline
	run  string
	drop *dropped        // nil: the run was no drop
	said *undone.Summary // what it comes to, once that is decided
}

// New prepares the undo of a run, by a route of the command line or, for "", the config's. Coupa is always asked.
func New(ctx context.Context, env *wiring.Env, run, route string) (*Undo, error) {
	pipe, err := wiring.ReadPipeline(ctx, env, config.Options{NeedSecrets: true, FeedGiven: true, Route: route})
	if err != nil {
		return nil, err
	}
	if !wiring.LedgerExists(pipe.Config.Ledger) {
		return nil, exit.NoRun("")
	}
	pipe.Config.Preflight = true
	u := &Undo{env: env, pipe: pipe}
	l, done, err := wiring.UseLedger(env, pipe.Config, "")
	if err != nil {
		return nil, err
	}
	defer done()
	rec, err := undoable(l, run) // before anything unfinished is resumed, and once more under the lock
	u.run = rec.ID
	return u, err
}

// Run sends what goes back, and concludes the start.
func (u *Undo) Run(ctx context.Context) error {
	s, err := job.StartRun(ctx, u.env, u.pipe, job.RunOptions{Decide: func(ctx context.Context, l wiring.Store, client *coupa.Client) (export.Feed, error) {
		return u.decide(ctx, l, client)
	}})
	return show.ConcludeUndo(ctx, u.env, s, u.said, err)
}

// Plan returns what Run would plan, and sends and records nothing. ok is false where nothing goes back.
func (u *Undo) Plan(ctx context.Context) (o job.PlanOptions, ok bool, err error) {
	l, done, err := wiring.UseLedger(u.env, u.pipe.Config, "")
	if err != nil {
		return o, false, err
	}
	defer done()
	typed, err := u.decide(ctx, l, nil)
	return job.PlanOptions{Pipe: u.pipe, Typed: typed, Undo: u.said}, typed != nil, err
}

// decide says what cannot be undone, and returns the feed of what goes back; nil if nothing does.
func (u *Undo) decide(ctx context.Context, l Ledger, client *coupa.Client) (export.Feed, error) {
	run, err := undoable(l, u.run)
	if err != nil {
		return nil, err
	}
	said := &undone.Summary{Run: run.ID, Left: map[undone.Reason]int{}, Cells: []undone.Cell{}}
	people, err := read(l, run.ID, said)
	if err != nil {
		return nil, err
	}
	if run.Command == "drop" {
		known, err := l.Known()
		if err != nil {
			return nil, err
		}
		people, u.drop = merged(people), newDropped(known)
	}
	waiting, err := l.Waiting()
	if err != nil {
		return nil, err
	}
	found, err := prospect.LookUp(ctx, u.env, u.pipe, client, u.columns(people), wanted(people))
	if err != nil {
		return nil, err
	}
	u.takeRoute(len(people))
	if u.pipe.Sheet.Route() == export.ByCSV {
		if err := mayJoin(l, run.ID); err != nil {
			return nil, err
		}
	}
	var back []change.Back
	for _, p := range people {
		if part, waits := waiting.Behind(p.key, "", p.login); waits && part != "" {
			said.Leave(undone.Cell{Key: p.key, Reason: undone.Waits})
		} else if one := u.person(p, found, said); one.Cells != nil {
			back = append(back, one)
		}
	}
	said.People, u.said = len(back), said
	if err := show.Undoing(u.env, said); err != nil || back == nil {
		return nil, err
	}
	return change.NewUndo(u.pipe, run.ID, back), nil
}

// takeRoute decides which route the plan takes where the config leaves that to the number of its rows. It is decided before the
// cells are, since a CSV file empties less: where some of the people change in nothing, the plan has fewer rows than that.
func (u *Undo) takeRoute(people int) {
	switch {
	case u.pipe.Few == nil:
	case people <= u.pipe.Config.RouteRows:
		u.pipe.FewRows()
	default:
		u.pipe.ManyRows()
	}
}

// columns returns the columns of which an undo has to know what Coupa holds.
func (u *Undo) columns(people []person) []string {
	columns := change.Deciding(u.pipe)
	if u.drop != nil {
		columns = slices.Concat(columns, asking)
	}
	for _, p := range people {
		for _, c := range p.cells {
			if !slices.Contains(columns, c.Column) {
				columns = append(columns, c.Column)
			}
		}
	}
	return columns
}

func wanted(people []person) []prospect.Wanted {
	out := make([]prospect.Wanted, len(people))
	for i, p := range people {
		out[i] = prospect.Wanted{Key: p.ref(), ID: p.id, Login: p.login}
	}
	return out
}

// person returns what goes back of a person, and counts the rest.
func (u *Undo) person(p person, found func(string) (export.User, bool), said *undone.Summary) change.Back {
	one := change.Back{Key: p.key}
	user, ok := found(p.ref())
	if !ok {
		said.Leave(undone.Cell{Key: p.key, Reason: undone.NoUser})
		return one
	}
	if u.drop != nil {
		if one.Key, ok = u.drop.key(u, user); !ok {
			said.Leave(undone.Cell{Key: p.key, Reason: undone.NoKey})
			return one
		}
	}
	if p.created {
		said.Leave(undone.Cell{Key: p.key, Reason: undone.Created})
	}
	can := u.road()
	for _, c := range p.cells {
		e, _ := coupa.Element(c.Column)
		held, shown := user.Value(e)
		text, why := can.back(c, e, held, shown)
		if why != "" {
			said.Leave(undone.Cell{Key: p.key, Column: c.Column, Reason: why})
			continue
		}
		if one.Cells == nil {
			one.Cells = map[string]string{}
		}
		one.Cells[c.Column] = text
		said.Back++
	}
	if one.Cells != nil {
		u.identify(user, one.Cells)
	}
	return one
}

// road returns what the config and the route let an undo write.
func (u *Undo) road() road {
	return road{
		byAPI:  u.pipe.Sheet.Route() == export.ByAPI,
		mapped: func(column string) bool { return slices.Contains(u.pipe.Mapping.Columns(), column) },
		identity: func(column string) bool {
			switch {
			case column == export.ColumnID:
				return true
			case u.pipe.Match == nil:
				return column == u.pipe.Key
			}
			return len(u.pipe.Match) == 1 && u.pipe.Match[0] == column
		},
	}
}

// identify adds what Coupa holds now in the columns that decide who the person is, where HR's key alone does not say it.
func (u *Undo) identify(user export.User, cells map[string]string) {
	for _, column := range change.Deciding(u.pipe) {
		e, _ := coupa.Element(column)
		held, _ := user.Value(e)
		if column == export.ColumnID {
			held.Text = user.ID
		}
		if _, back := cells[column]; !back && held.Text != "" {
			cells[column] = held.Text
		}
	}
}
