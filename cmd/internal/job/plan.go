package job

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/change"
	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/differences"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rowstore"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/delivery"
	"github.com/hr2coupa/hr2coupa/export/undone"
)

// PlanOptions name the files to plan, and set how much of the result is stored.
type PlanOptions struct {
	Pipe   *wiring.Pipeline // nil: that of the config is read
	Files  []string
	Typed  export.Feed    // see RunOptions
	Repair *change.Repair // see prospect.Ask
	Undo   *undone.Summary
	People int    // how many people of each chief kind of change the result has, at most
	Only   string // of which people: see differences.ReadOnly; "" is all
	Again  bool
	Replan bool
	Late   bool
	Output string // the file that the plan is saved to; "" for none
	Route  string
	Full   bool // rows that would change nothing count as sent
	// HandOver wants to know who of the feed still reports to a leaver.
	HandOver bool
}

// ShownPeople is how many people a plan shows without --all.
const ShownPeople = 20

// Planned is the result of a plan: its sums and, row by row, what would go where.
type Planned struct {
	Verdict     export.RunEnd       `json:"verdict"`
	Exit        int                 `json:"exit"`
	Checked     bool                `json:"checked"`                   // false: Coupa was not asked which people it knows
	NoHolders   bool                `json:"holders_unknown,omitempty"` // people who hold a role of roles.never are not protected: it is not known who they are
	Route       export.Route        `json:"route,omitempty"`           // "" is csv
	Key         string              `json:"key"`
	NewKey      string              `json:"new_key,omitempty"`  // where Key is the Id: the key of new people, who have none
	Match       []string            `json:"match,omitempty"`    // the columns that decide who a row is about, where layout.match names them
	LeftOut     []string            `json:"left_out,omitempty"` // mapped, and in no file because of the key
	Input       int                 `json:"input"`
	ToSend      int                 `json:"to_send"`   // records
	RowCount    int                 `json:"row_count"` // rows they come to: several records for one person are one
	Quarantined int                 `json:"quarantined"`
	Unchanged   int                 `json:"unchanged"`                // records that Coupa holds already
	Excluded    int                 `json:"excluded"`                 // records that a rule of the config leaves out
	Same        int                 `json:"same"`                     // people whom these are about
	ByLedger    int                 `json:"same_by_ledger,omitempty"` // of them, those about whom Coupa was not asked, since they are as last confirmed
	Changes     map[string]int      `json:"changes"`                  // people by the kinds of their change; one with several counts for each
	Chief       map[string]int      `json:"chief"`                    // people who change, each once
	Changed     map[string]int      `json:"changed"`                  // people by column whose value there is another, or is not known
	Waiting     int                 `json:"waiting"`                  // records that wait behind a part without a verdict
	Come        int                 `json:"come,omitempty"`           // records that have waited for their day, which has come
	Joins       int                 `json:"joins,omitempty"`          // records that JoinsRun has kept and this plan takes up
	JoinsRun    string              `json:"joins_run,omitempty"`
	Beside      string              `json:"beside,omitempty"` // the held run that it leaves as it is
	Deactivate  int                 `json:"deactivations"`
	Creates     int                 `json:"creates,omitempty"`   // rows of a checked plan that make new users
	Completed   int                 `json:"completed,omitempty"` // rows that lack a value of HR's which Coupa wants in every row
	Waves       int                 `json:"waves"`
	ReadBack    string              `json:"read_back,omitempty"` // how many calls reading back takes, and how long, where they are many
	Calls       *Calls              `json:"calls,omitempty"`     // about users, of a run of it; only where it is checked
	Columns     map[string]int      `json:"columns"`
	Limits      []export.Breach     `json:"limits,omitempty"` // those that would hold the run
	Void        []export.Approval   `json:"void,omitempty"`   // approvals that count for nothing, by approve.other
	Uses        []export.LimitUse   `json:"-"`                // of every limit that counts
	Warnings    []export.Fault      `json:"warnings,omitempty"`
	Unshown     int                 `json:"more_warnings,omitempty"` // warnings beyond the first ones
	Undo        *undone.Summary     `json:"undo,omitempty"`          // of an undo
	HandOver    *export.HandOver    `json:"hand_over,omitempty"`     // nil where it was not asked for
	Today       string              `json:"today,omitempty"`         // the day that today() is in the mapping; "" where nothing depends on it
	Files       []export.FeedFile   `json:"files"`
	Late        []export.LateFile   `json:"late,omitempty"` // a run passes these over
	Seen        []string            `json:"seen,omitempty"`
	Gone        *export.Gone        `json:"gone,omitempty"`       // who is missing in the snapshot; nil where no one is
	Superseded  int                 `json:"superseded,omitempty"` // records that earlier runs have kept of older snapshots: they are excluded
	Parts       []export.Part       `json:"parts"`
	Causes      []export.CauseCount `json:"causes,omitempty"` // of the quarantined rows
	Only        string              `json:"only,omitempty"`   // the people are a selection, see differences.Only
	Idle        bool                `json:"-"`                // its files were all seen: what is saved of it sends nothing
	Matched     int                 `json:"matched"`          // people who are selected; all of them where Only is empty
	People      []struct{}          `json:"people"`           // printed from Each, and empty here, as Rows is
	Rows        []export.RowResult  `json:"rows"`             // quarantined; the last member: printed from Store

	Store   *rowstore.Store    `json:"-"` // whoever prints the result calls Close
	persons *differences.Store // those of People
	names   []string           // of the parts by their id, less one
	only    differences.Only
}

// Each returns at most that many people to send, in the order of differences.Order. An error ends it, and Close returns it.
func (r *Planned) Each(most int) iter.Seq[differences.Person] {
	return r.persons.All(most, func(part int64) string { return r.names[part-1] })
}

// Selection returns a sentence about which people Each has; "" if it has all.
func (r *Planned) Selection() string {
	if r.only.All() {
		return ""
	}
	return r.only.Describe(r.Matched)
}

// Close removes what the result has stored, and returns an error if not all of it could be read back.
func (r *Planned) Close() error { return errors.Join(r.Store.Close(), r.persons.Close()) }

// Plan builds a plan, and saves it to o.Output if that is set. Nothing is sent or recorded.
func Plan(ctx context.Context, env *wiring.Env, o PlanOptions) (*Planned, error) {
	if o.Output != "" {
		if err := prospect.MayWritePlan(o.Output); err != nil {
			return nil, err
		}
	}
	pipe := o.Pipe
	if pipe == nil {
		var err error
		if pipe, err = wiring.ReadPipeline(ctx, env, config.Options{Ask: true, FeedGiven: len(o.Files) > 0, Route: o.Route}); err != nil {
			return nil, err
		}
	}
	only, err := differences.ReadOnly(o.Only, pipe.Mapping.Columns())
	if err != nil {
		return nil, err
	}
	if o.HandOver {
		for _, column := range []string{export.ColumnLogin, export.ColumnApprover} {
			if !slices.Contains(pipe.Mapping.Columns(), column) {
				return nil, export.Hint(exit.Usage("--hand-over: the mapping has no column %s", column), "map it, or leave --hand-over out")
			}
		}
	}
	p, err := prospect.Prepare(ctx, env, prospect.Ask{Pipe: pipe, Started: env.Now().UTC(), Files: o.Files, Typed: o.Typed, Repair: o.Repair, Again: o.Again, Replan: o.Replan, Late: o.Late, Full: o.Full, All: true})
	if err != nil {
		return nil, err
	}
	sink := newPlanSink(nil)
	sink.persons.Keep, sink.persons.Only = o.People, only
	planning, done := env.Wait(ctx, "planning: records")
	res, err := sink.build(planning, p, o.Output, env.Now())
	done()
	if err != nil {
		sink.close()
		return nil, err
	}
	if o.HandOver && p.Planner != nil {
		if res.HandOver, err = p.Planner.HandOver(ctx); err != nil {
			return nil, errors.Join(err, res.Close())
		}
	}
	res.Undo, res.ReadBack = o.Undo, readBackAhead(pipe.Config, res.Parts)
	res.Seen = prospect.PassedOver(p.Seen, o.Again, o.Replan)
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
	parts   []export.Part
	ahead   Calls             // of the parts
	persons differences.Store // memory does not grow with the feed
	rows    rowstore.Store
	dir     *partDir // export: the parts go to disk; nil for plan
}

func newPlanSink(dir *partDir) *planSink {
	return &planSink{dir: dir, parts: []export.Part{}} // [] in JSON, not null
}

// close removes what was stored, after an error, which is returned.
func (s *planSink) close() {
	s.rows.Close()
	s.persons.Close()
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

// read takes the people of a part with the cells of its bytes: what is shown is what would be sent.
func (s *planSink) read(part export.Part, data []byte, rows []export.RowResult) error {
	wanted, last := make([]bool, len(rows)), -1
	for i := range rows {
		if wanted[i] = s.persons.Wants(&rows[i]); wanted[i] {
			last = i
		}
	}
	if last < 0 {
		return nil
	}
	return prospect.People(part, data, rows[:last+1], func(i int, p *differences.Person) error {
		if !wanted[i] {
			return nil
		}
		return s.persons.Add(p, part.ID)
	})
}

func (s *planSink) Row(r export.RowResult, _ []export.KeptRecord) error {
	if r.Outcome == export.Unchanged || r.Outcome == export.Excluded { // the sums have them
		return s.persons.AddUnsent(&r)
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
	s.parts, s.ahead = s.parts[:0], Calls{}
	s.persons.Restart()
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
	defer saving.Close()
	plan, err := p.Planner.Build(ctx, saving)
	if err != nil {
		return nil, err
	}
	res := s.result(plan, p)
	return res, saving.Save(saved, plan, res.Limits, now)
}

// causes counts what is behind the rows that are not sent. Where there are none, the table of causes is not read: a start would wait
// for it.
func (s *planSink) causes(cfg *config.Config) []export.CauseCount {
	if s.rows.Empty() {
		return []export.CauseCount{}
	}
	return wiring.CausesIn(cfg).Count(s.rows.All())
}

// result returns what a plan into the sink has come to.
func (s *planSink) result(plan *export.Plan, p *prospect.Prospect) *Planned {
	names := make([]string, len(s.parts))
	for i, p := range s.parts {
		names[i] = p.Name
	}
	delivery.SortParts(s.parts)
	uses := p.Uses(plan)
	res := &Planned{
		Today: p.Today, Checked: p.Checked, NoHolders: p.HoldersUnknown(), Route: p.Planner.Sheet.Route(), Key: p.Pipe.Key, LeftOut: p.Pipe.Sheet.LeftOut(),
		Input: plan.Input, ToSend: plan.Records, RowCount: plan.Rows, Quarantined: plan.Quarantined, Unchanged: plan.Unchanged, Excluded: plan.Excluded, Same: plan.Same, ByLedger: plan.SameByLedger, Waiting: plan.Kept, Beside: p.Beside(),
		Deactivate: plan.Deactivations, Creates: plan.Creates, Completed: plan.Completed, Waves: plan.Waves, Columns: plan.Columns,
		Limits: export.Breaches(uses), Uses: uses, Void: p.Outlook.Void, Warnings: append(slices.Clone(p.Doubts), plan.Warnings...), Unshown: plan.Doubtful - len(plan.Warnings), Late: p.Late, Files: plan.Files, Parts: s.parts, People: []struct{}{}, Rows: []export.RowResult{},
		Causes: s.causes(p.Pipe.Config), Store: &s.rows, persons: &s.persons, names: names, only: s.persons.Only, Only: s.persons.Only.String(), Matched: s.persons.Matched(),
	}
	if p.Checked {
		res.Key, res.NewKey, res.LeftOut = export.ColumnID, p.Pipe.Key, nil
		res.Match = p.Pipe.Match
	}
	res.Idle = p.Idle
	if !p.Pipe.Mapping.ReadsToday() {
		res.Today = "" // it is that of who is gone
	}
	res.Gone, res.Superseded = p.Roll.Missing(), p.Roll.Older()
	if kept := p.Outlook.Kept; kept != nil {
		res.Joins, res.JoinsRun = kept.Records, kept.Run
	}
	res.Come = p.Outlook.Come()
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
