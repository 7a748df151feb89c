package job

import (
	"context"
	"fmt"
	"math"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rowstore"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/delivery"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/planning"
)

// PlanOptions say which files are planned, and how much of the result is kept.
type PlanOptions struct {
	Files  []string
	All    bool
	People int // how many people are shown without all
	Again  bool
	Output string
	Route  string

	Everybody bool // the result has every person
}

// shownPeople is how many people a plan shows without --all.
const ShownPeople = 20

// Planned is the result of a plan: its sums and, row by row, what would go where.
type Planned struct {
	Verdict     export.RunEnd      `json:"verdict"`
	Exit        int                `json:"exit"`
	Checked     bool               `json:"checked"`         // false: nobody was asked which people Coupa knows
	Route       export.Route       `json:"route,omitempty"` // "" is csv
	Key         string             `json:"key"`
	NewKey      string             `json:"new_key,omitempty"`  // where Key is the Id: the key of new people, who have none
	LeftOut     []string           `json:"left_out,omitempty"` // mapped, and in no file because of the key
	Input       int                `json:"input"`
	ToSend      int                `json:"to_send"`   // records
	RowCount    int                `json:"row_count"` // rows they come to: several records for one person are one
	Quarantined int                `json:"quarantined"`
	Waiting     int                `json:"waiting"`         // records that wait behind a part without a verdict
	Joins       int                `json:"joins,omitempty"` // records that JoinsRun has kept and this plan takes up
	JoinsRun    string             `json:"joins_run,omitempty"`
	Beside      string             `json:"beside,omitempty"` // the held run that it leaves as it is
	Deactivate  int                `json:"deactivations"`
	Creates     int                `json:"creates,omitempty"`   // rows of a checked plan that make new users
	Completed   int                `json:"completed,omitempty"` // rows in which HR gives less than Coupa wants in every row
	Waves       int                `json:"waves"`
	ReadBack    string             `json:"read_back,omitempty"` // how many calls reading back takes, and how long, where they are many
	Columns     map[string]int     `json:"columns"`
	Limits      []export.Breach    `json:"limits,omitempty"` // those that would hold the run
	Warnings    []export.Fault     `json:"warnings,omitempty"`
	Files       []export.FeedFile  `json:"files"`
	Seen        []string           `json:"seen,omitempty"`
	Parts       []export.Part      `json:"parts"`
	People      []PersonPlan       `json:"people"`
	Rows        []export.RowResult `json:"rows"` // quarantined; the last member: printed from store, and empty here

	Store *rowstore.Store `json:"-"` // whoever prints the result closes it
}

// PersonPlan is one person's row: which columns it carries.
type PersonPlan struct {
	Origin  export.Origin     `json:"origin"`
	Key     string            `json:"key"`
	Part    string            `json:"part"`
	Columns map[string]string `json:"columns"`

	Completed string `json:"completed,omitempty"` // columns that are not HR's, see export.RowResult
	part      int64
}

// Plan makes a plan, and saves it where it is told to.
func Plan(ctx context.Context, env *wiring.Env, o PlanOptions) (res *Planned, err error) {
	if o.Output != "" {
		if err := prospect.MayWritePlan(o.Output); err != nil {
			return nil, err
		}
	}
	pipe, err := wiring.ReadPipeline(ctx, env, config.Options{Ask: true, FeedGiven: len(o.Files) > 0, Route: o.Route})
	if err != nil {
		return nil, err
	}
	now := env.Now().UTC()
	feed, err := pipe.Open(pipe.Patterns(o.Files), now)
	if err != nil {
		return nil, err
	}
	out, seen, only, err := prospect.Recall(env, pipe.Config, feed.Files(), now, o.Again)
	if err != nil {
		return nil, err
	}
	var fresh export.Feed = feed
	paths := prospect.ToPlan(feed.Files(), seen, o.Again)
	if prospect.GoesBeside(pipe, out, o.Files, len(paths) > 0, seen) {
		if err := out.Leave(ctx, pipe, now); err != nil {
			return nil, err
		}
	}
	switch {
	case len(paths) > 0 && len(paths) < len(feed.Files()):
		if fresh, err = pipe.OpenAnyAge(paths); err != nil {
			return nil, err
		}
	case len(paths) == 0 && out.Kept != nil:
		fresh = nil
	}
	sink := newPlanSink(nil)
	defer func() {
		if err != nil {
			sink.rows.Close()
		}
	}()
	if sink.keep = o.People; o.Everybody {
		sink.keep = math.MaxInt
	}
	var into planning.Sink = sink
	saving := prospect.SavingTo(sink)
	if o.Output != "" {
		into = saving
	}
	planner := prospect.NewPlanner(pipe, fresh, out, now)
	planner.Only = only
	if pipe.IsFeed(o.Files) {
		planner.Cut = prospect.CutFeeds(pipe, fresh, out)
	}
	if err := prospect.ChooseRoute(ctx, pipe, planner); err != nil {
		return nil, err
	}
	checked, err := prospect.PlanPreflight(ctx, env, pipe, planner, out)
	if err != nil {
		return nil, err
	}
	plan, err := planner.Build(ctx, into)
	if err != nil {
		return nil, err
	}
	res = sink.result(plan, pipe)
	if res.Checked = checked; checked {
		res.Key, res.NewKey, res.LeftOut = "Id", pipe.Key, nil
	}
	res.Route = planner.Sheet.Route()
	res.ReadBack = readBackAhead(pipe.Config, res.Parts)
	res.Limits = out.Judge(pipe.Config, !o.Again && pipe.IsFeed(o.Files))(plan)
	for _, f := range seen {
		if !o.Again || f.Left() == 0 {
			res.Seen = append(res.Seen, f.Name)
		}
	}
	if out.Kept != nil {
		res.Joins, res.JoinsRun = out.Kept.Records, out.Kept.Run
	}
	if out.Beside != nil {
		res.Beside = out.Beside.Run
	}
	res.judge()
	if o.Output != "" {
		if err := prospect.SavePlan(o.Output, saving, plan, pipe, out, res.Limits, env.Now()); err != nil {
			return nil, err
		}
	}
	return res, nil
}

func (r *Planned) judge() {
	r.Verdict, r.Exit = export.EndOK, export.ExitOK
	if r.Quarantined > 0 {
		r.Verdict, r.Exit = export.EndPartial, export.ExitPartial
	}
	if len(r.Limits) > 0 {
		r.Verdict, r.Exit = export.EndHeld, export.ExitHeld
		if r.Beside != "" {
			r.Verdict = export.EndRefused
		}
	}
}

// planSink keeps what a plan yields for printing: plan and export are looked at by people.
type planSink struct {
	parts  []export.Part
	people []PersonPlan
	rows   rowstore.Store
	dir    *partDir // export: the parts go to disk; nil for plan
	keep   int      // how many people to keep; memory does not grow with the feed beyond them
}

func newPlanSink(dir *partDir) *planSink {
	return &planSink{dir: dir, parts: []export.Part{}, people: []PersonPlan{}} // [] in JSON, not null
}

func (s *planSink) Part(p export.Part, data []byte, rows []export.RowResult) (int64, error) {
	p.ID = int64(len(s.parts) + 1)
	s.parts = append(s.parts, p)
	if s.dir != nil {
		return p.ID, s.dir.write(p.ID, data)
	}
	return p.ID, s.read(p, data, rows)
}

// read takes the cells back out of the encoded part: what is shown is what would be sent.
func (s *planSink) read(part export.Part, data []byte, rows []export.RowResult) error {
	var header []string
	n := -1
	err := rowstore.PartLines(part, data, func(l layout.Line) bool {
		if n++; header == nil {
			header = l.Cells
		} else {
			p := PersonPlan{Origin: rows[n-1].Origin, Key: rows[n-1].Key, Columns: map[string]string{}, Completed: rows[n-1].Completed, part: part.ID}
			for i, c := range l.Cells {
				p.Columns[header[i]] = c
			}
			s.people = append(s.people, p)
		}
		return n < len(rows) && len(s.people) < s.keep
	})
	if err == nil && n < len(rows) && len(s.people) < s.keep {
		err = fmt.Errorf("read part %s back: %w; please report this", part.Name, rowstore.ErrFewRows)
	}
	return err
}

func (s *planSink) Row(r export.RowResult, _ []export.Fault, _ []export.KeptRecord) error {
	return s.rows.Add(r)
}

func (s *planSink) Name(id int64, name string) error {
	s.parts[id-1].Name = name
	if s.dir != nil {
		return s.dir.name(id, name)
	}
	return nil
}

// Restart forgets what was taken so far.
func (s *planSink) Restart() error {
	s.parts, s.people = s.parts[:0], s.people[:0]
	if err := s.rows.Close(); err != nil {
		return err
	}
	if s.dir != nil {
		return s.dir.sweep()
	}
	return nil
}

func (s *planSink) result(plan *export.Plan, pipe *wiring.Pipeline) *Planned {
	for i := range s.people {
		s.people[i].Part = s.parts[s.people[i].part-1].Name
	}
	delivery.SortParts(s.parts)
	return &Planned{
		Key: pipe.Key, LeftOut: pipe.Sheet.LeftOut(), Input: plan.Input, ToSend: plan.Records, RowCount: plan.Rows, Quarantined: plan.Quarantined, Waiting: plan.Kept, Deactivate: plan.Deactivations, Creates: plan.Creates, Completed: plan.Completed,
		Waves: plan.Waves, Columns: plan.Columns, Warnings: plan.Warnings, Files: plan.Files, Parts: s.parts, People: s.people, Rows: []export.RowResult{},
		Store: &s.rows,
	}
}
