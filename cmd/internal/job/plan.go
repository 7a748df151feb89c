package job

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rowstore"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/delivery"
	"github.com/hr2coupa/hr2coupa/export/layout"
)

// PlanOptions name the files to plan, and set how much of the result is stored.
type PlanOptions struct {
	Files  []string
	People int // how many people the result has, at most
	Again  bool
	Late   bool
	Output string // the file that the plan is saved to; "" for none
	Route  string
	Full   bool // rows that would change nothing count as sent
}

// ShownPeople is how many people a plan shows without --all.
const ShownPeople = 20

// Planned is the result of a plan: its sums and, row by row, what would go where.
type Planned struct {
	Verdict     export.RunEnd      `json:"verdict"`
	Exit        int                `json:"exit"`
	Checked     bool               `json:"checked"`         // false: Coupa was not asked which people it knows
	Route       export.Route       `json:"route,omitempty"` // "" is csv
	Key         string             `json:"key"`
	NewKey      string             `json:"new_key,omitempty"`  // where Key is the Id: the key of new people, who have none
	Match       []string           `json:"match,omitempty"`    // the columns that decide who a row is about, where layout.match names them
	LeftOut     []string           `json:"left_out,omitempty"` // mapped, and in no file because of the key
	Input       int                `json:"input"`
	ToSend      int                `json:"to_send"`   // records
	RowCount    int                `json:"row_count"` // rows they come to: several records for one person are one
	Quarantined int                `json:"quarantined"`
	Unchanged   int                `json:"unchanged"`       // records that Coupa holds already
	Same        int                `json:"same"`            // people whom these are about
	Changes     map[string]int     `json:"changes"`         // people by the kinds of their change; one with several counts for each
	Chief       map[string]int     `json:"chief"`           // people who change, each once
	Changed     map[string]int     `json:"changed"`         // people by column whose value there is another, or is not known
	Waiting     int                `json:"waiting"`         // records that wait behind a part without a verdict
	Joins       int                `json:"joins,omitempty"` // records that JoinsRun has kept and this plan takes up
	JoinsRun    string             `json:"joins_run,omitempty"`
	Beside      string             `json:"beside,omitempty"` // the held run that it leaves as it is
	Deactivate  int                `json:"deactivations"`
	Creates     int                `json:"creates,omitempty"`   // rows of a checked plan that make new users
	Completed   int                `json:"completed,omitempty"` // rows that lack a value of HR's which Coupa wants in every row
	Waves       int                `json:"waves"`
	ReadBack    string             `json:"read_back,omitempty"` // how many calls reading back takes, and how long, where they are many
	Calls       *Calls             `json:"calls,omitempty"`     // about users, of a run of it; only where it is checked
	Columns     map[string]int     `json:"columns"`
	Limits      []export.Breach    `json:"limits,omitempty"` // those that would hold the run
	Warnings    []export.Fault     `json:"warnings,omitempty"`
	Files       []export.FeedFile  `json:"files"`
	Late        []export.LateFile  `json:"late,omitempty"` // a run passes these over
	Seen        []string           `json:"seen,omitempty"`
	Parts       []export.Part      `json:"parts"`
	People      []PersonPlan       `json:"people"`
	Rows        []export.RowResult `json:"rows"` // quarantined; the last member: printed from store, and empty here

	Store *rowstore.Store `json:"-"` // whoever prints the result closes it
}

// PersonPlan is one person's row: which columns it carries.
type PersonPlan struct {
	Origin  export.Origin        `json:"origin"`
	Key     string               `json:"key"`
	Part    string               `json:"part"`
	Columns map[string]string    `json:"columns"`
	Kinds   export.ChangeKinds   `json:"kinds"`
	Change  *export.PersonChange `json:"change,omitempty"` // what differs; none where no old value is known

	Completed export.ColumnNames `json:"completed,omitempty"` // that are not HR's, see export.RowResult
	part      int64
}

// Plan builds a plan, and saves it to o.Output if that is set. Nothing is sent or recorded.
func Plan(ctx context.Context, env *wiring.Env, o PlanOptions) (*Planned, error) {
	if o.Output != "" {
		if err := prospect.MayWritePlan(o.Output); err != nil {
			return nil, err
		}
	}
	pipe, err := wiring.ReadPipeline(ctx, env, config.Options{Ask: true, FeedGiven: len(o.Files) > 0, Route: o.Route})
	if err != nil {
		return nil, err
	}
	p, err := prospect.Prepare(ctx, env, prospect.Ask{Pipe: pipe, Started: env.Now().UTC(), Files: o.Files, Again: o.Again, Late: o.Late, Full: o.Full, All: true})
	if err != nil {
		return nil, err
	}
	sink := newPlanSink(nil)
	sink.keep = o.People
	res, err := sink.build(ctx, p, o.Output, env.Now())
	if err != nil {
		sink.rows.Close() // the first error is returned
		return nil, err
	}
	res.ReadBack = readBackAhead(pipe.Config, res.Parts)
	for _, f := range p.Seen {
		if !o.Again || f.Left() == 0 {
			res.Seen = append(res.Seen, f.Name)
		}
	}
	return res, nil
}

func (r *Planned) count(c *export.Changes) {
	r.Changes, r.Chief, r.Changed = map[string]int{}, map[string]int{}, c.Columns
	for kind, n := range c.ByKind {
		r.Changes[kind.String()] = n
	}
	for kind, n := range c.Chief {
		r.Chief[kind.String()] = n
	}
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

// planSink collects what a plan yields for printing: people read the output of plan and export.
type planSink struct {
	parts  []export.Part
	ahead  Calls // of the parts
	people []PersonPlan
	rows   rowstore.Store
	dir    *partDir // export: the parts go to disk; nil for plan
	keep   int      // how many people to store; memory does not grow with the feed beyond them
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
	if err := s.ahead.add(p, data); err != nil {
		return 0, export.Ours(fmt.Errorf("read part %s back: %w", p.Name, err))
	}
	return p.ID, s.read(p, data, rows)
}

// read decodes the cells of the encoded part: what is shown is what would be sent.
func (s *planSink) read(part export.Part, data []byte, rows []export.RowResult) error {
	var header []string
	n := -1
	err := rowstore.PartLines(part, data, func(l layout.Line) bool {
		if n++; header == nil {
			header = l.Cells
		} else {
			p := PersonPlan{Origin: rows[n-1].Origin, Key: rows[n-1].Key, Columns: map[string]string{}, Kinds: rows[n-1].Kinds, Change: rows[n-1].Change, Completed: rows[n-1].Completed, part: part.ID}
			for i, c := range l.Cells {
				p.Columns[header[i]] = c
			}
			s.people = append(s.people, p)
		}
		return n < len(rows) && len(s.people) < s.keep
	})
	if err == nil && n < len(rows) && len(s.people) < s.keep {
		err = export.Ours(fmt.Errorf("read part %s back: %w", part.Name, rowstore.ErrFewRows))
	}
	return err
}

func (s *planSink) Row(r export.RowResult, _ []export.KeptRecord) error {
	if r.Outcome == export.Unchanged { // the sums have them
		return nil
	}
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
	s.parts, s.people, s.ahead = s.parts[:0], s.people[:0], Calls{}
	if err := s.rows.Close(); err != nil {
		return err
	}
	if s.dir != nil {
		return s.dir.sweep()
	}
	return nil
}

// build builds a plan into the sink. If saved names a file, the plan is saved there too.
func (s *planSink) build(ctx context.Context, p *prospect.Prospect, saved string, now time.Time) (*Planned, error) {
	if saved == "" {
		plan, err := p.Planner.Build(ctx, s)
		if err != nil {
			return nil, err
		}
		return s.result(plan, p), nil
	}
	saving := p.Saving(s)
	plan, err := p.Planner.Build(ctx, saving)
	if err != nil {
		return nil, err
	}
	res := s.result(plan, p)
	return res, saving.Save(saved, plan, res.Limits, now)
}

// result returns what a plan into the sink has come to.
func (s *planSink) result(plan *export.Plan, p *prospect.Prospect) *Planned {
	for i := range s.people {
		s.people[i].Part = s.parts[s.people[i].part-1].Name
	}
	delivery.SortParts(s.parts)
	res := &Planned{
		Checked: p.Checked, Route: p.Planner.Sheet.Route(), Key: p.Pipe.Key, LeftOut: p.Pipe.Sheet.LeftOut(),
		Input: plan.Input, ToSend: plan.Records, RowCount: plan.Rows, Quarantined: plan.Quarantined, Unchanged: plan.Unchanged, Same: plan.Same, Waiting: plan.Kept, Beside: p.Beside(),
		Deactivate: plan.Deactivations, Creates: plan.Creates, Completed: plan.Completed, Waves: plan.Waves, Columns: plan.Columns,
		Limits: p.Judge(plan), Warnings: append(slices.Clone(p.Doubts), plan.Warnings...), Late: p.Late, Files: plan.Files, Parts: s.parts, People: s.people, Rows: []export.RowResult{},
		Store: &s.rows,
	}
	if p.Checked {
		res.Key, res.NewKey, res.LeftOut = export.ColumnID, p.Pipe.Key, nil
		res.Match = p.Pipe.Match
	}
	if kept := p.Outlook.Kept; kept != nil {
		res.Joins, res.JoinsRun = kept.Records, kept.Run
	}
	res.count(&plan.Changes)
	res.judge()
	if p.Older && p.Outlook.Kept == nil {
		res.Verdict, res.Exit = export.EndLate, export.ExitFeed
	}
	if p.Checked {
		res.Calls = s.ahead.of(p, len(res.Limits) == 0)
	}
	return res
}
