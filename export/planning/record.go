package planning

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

// Ledger is what recording a plan needs of the ledger.
type Ledger interface {
	// Plan opens the one transaction in which a run's parts and rows are written.
	Plan(run string) (export.PlanTx, error)
}

// Recording sets how a plan is recorded as the plan of a run.
type Recording struct {
	Ledger  Ledger
	Run     export.RunRecord                   // as BeginRun has recorded it; the names of the parts begin with its start
	Whole   bool                               // the feed is HR's whole feed, and not rows planned again
	AnySize bool                               // as in export.PlanSum
	Judge   func(*export.Plan) []export.Breach // the limits that a plan exceeds
	Ready   func() error                       // reports why a plan cannot be sent; called for a plan that sends something
	Roll    *export.RollCall                   // who is in the snapshot; nil where it is none
	Held    HeldSink                           // is told who is held; nil: no one asks
	// Other says that whoever has planned a run may not approve it. Approved are the approvals that Judge counts.
	Other    bool
	Approved []export.Approval
}

// HeldSink takes the rows of a run that limits hold.
type HeldSink interface {
	// Begin is called before the first row, and again where the plan begins anew: what came before does not count.
	Begin(broken []export.Breach)
	// Row takes a row that is held, with what it would change.
	Row(r *export.RowResult)
}

// RecordPlan plans a feed into the ledger: parts into the spool, rows with their origins, the files seen, all or
// nothing. Where the plan exceeds limits, it records only a held run, which keeps every record for the next plan;
// broken are those limits. Where Ready returns an error, nothing is recorded.
func RecordPlan(ctx context.Context, p *Planner, r Recording) (plan *export.Plan, broken []export.Breach, err error) {
	own := *p
	own.Started, own.Sees = r.Run.Started, true
	plan, broken, err = recordOnce(ctx, &own, r)
	if err != nil || broken == nil {
		return plan, nil, err
	}
	own.Hold, own.HoldEqual = true, plan.Rows == 0
	for _, b := range broken {
		if column, ok := export.FilledColumn(b.Limit); ok {
			own.Emptied = append(own.Emptied, column)
		}
	}
	r.Judge = func(*export.Plan) []export.Breach { return broken }
	_, _, err = recordOnce(ctx, &own, r)
	return plan, broken, err
}

// recordOnce records a plan, unless it exceeds a limit and was not planned as held.
func recordOnce(ctx context.Context, p *Planner, r Recording) (*export.Plan, []export.Breach, error) {
	tx, err := r.Ledger.Plan(r.Run.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("open the plan: %w", err)
	}
	defer tx.Rollback()
	sink := &ledgerSink{tx: tx}
	if p.Hold && r.Held != nil {
		sink.held = func() { r.Held.Begin(r.Judge(nil)) }
		sink.heldRow = r.Held.Row
		sink.held()
	}
	plan, err := p.Build(ctx, sink)
	if err != nil {
		return nil, nil, err
	}
	broken := r.Judge(plan)
	if broken != nil && !p.Hold {
		return plan, broken, nil
	}
	if plan.Parts > 0 {
		if err := r.Ready(); err != nil {
			return nil, nil, err
		}
	}
	sum := export.PlanSum{Files: plan.Files, Input: plan.Input, Held: broken, Roll: r.Roll, Beside: p.Beside != nil, Other: r.Other, Approved: r.Approved}
	sum.Dated, sum.Overridden = maps.Clone(p.Dated), placesOf(plan.Overridden)
	if p.Hold { // nothing of it counts until it is let go; what has come is kept with all else
		maps.DeleteFunc(sum.Dated, func(_ int64, c export.DatedChange) bool { return !c.Taken })
	}
	if r.Whole {
		sum.Feed, sum.AnySize = plan.Input-p.Joined-p.Made, r.AnySize
	}
	if err := tx.Commit(sum); err != nil {
		return nil, nil, fmt.Errorf("record the plan: %w", err)
	}
	return plan, nil, nil
}

// ledgerSink writes a plan into the ledger.
type ledgerSink struct {
	tx      export.PlanTx
	held    func()                  // begins anew with who is held; nil where no one asks
	heldRow func(*export.RowResult) // not nil with held
}

func (s *ledgerSink) Part(p export.Part, data []byte, rows []export.RowResult) (int64, error) {
	id, err := s.tx.AddPart(p, data)
	if err != nil {
		return 0, fmt.Errorf("spool a part: %w", err)
	}
	for _, r := range rows {
		r.Part = id
		if err := s.tx.AddRow(r); err != nil {
			return 0, fmt.Errorf("record a row: %w", err)
		}
	}
	return id, nil
}

func (s *ledgerSink) Row(r export.RowResult, kept []export.KeptRecord) error {
	for _, k := range kept {
		if err := s.tx.Keep(k); err != nil {
			return fmt.Errorf("keep a record: %w", err)
		}
	}
	if err := s.tx.AddRow(r); err != nil {
		return fmt.Errorf("record a row: %w", err)
	}
	if s.held != nil && r.IsHeld() {
		s.heldRow(&r)
	}
	return nil
}

func (s *ledgerSink) Restart() error {
	if err := s.tx.Restart(); err != nil {
		return fmt.Errorf("restart the plan: %w", err)
	}
	if s.held != nil {
		s.held()
	}
	return nil
}

func (s *ledgerSink) Name(id int64, name string) error { return s.tx.NamePart(id, name) }

// placesOf returns overridden cells as the ledger keeps them: which they are and where the override stands, and not who wants it
// or why.
func placesOf(cells []export.Fault) []export.Fault {
	out := slices.Clone(cells)
	for i := range out {
		out[i].Value, out[i].Owner = "", ""
	}
	return out
}
