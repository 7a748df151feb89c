package planning

import (
	"context"
	"fmt"

	"github.com/hr2coupa/hr2coupa/export"
)

// Ledger is what a plan is recorded in.
type Ledger interface {
	// Plan opens the one transaction in which a run's parts and rows are written.
	Plan(run string) (export.PlanTx, error)
}

// RecordPlan plans a feed into the ledger: parts into the spool, rows with their origins, the files seen, all at once or
// not at all. Where judge says that the plan exceeds a limit, nothing is made but the record of a held run, which keeps
// every record for the next plan; broken is what judge said. ready is called when a plan with something to send is made
// and before it is recorded; its error ends it all. whole tells that the feed is HR's whole feed, not rows planned again.
func RecordPlan(ctx context.Context, p *Planner, l Ledger, run string, whole bool, judge func(*export.Plan) []export.Breach, ready func() error) (plan *export.Plan, broken []export.Breach, err error) {
	plan, broken, err = recordOnce(ctx, p, l, run, whole, judge, ready)
	if err != nil || broken == nil {
		return plan, nil, err
	}
	held := *p
	held.Hold = true
	_, _, err = recordOnce(ctx, &held, l, run, whole, func(*export.Plan) []export.Breach { return broken }, ready)
	return plan, broken, err
}

func recordOnce(ctx context.Context, p *Planner, l Ledger, run string, whole bool, judge func(*export.Plan) []export.Breach, ready func() error) (*export.Plan, []export.Breach, error) {
	tx, err := l.Plan(run)
	if err != nil {
		return nil, nil, fmt.Errorf("open the plan: %w", err)
	}
	defer tx.Rollback()
	plan, err := p.Build(ctx, &ledgerSink{tx})
	if err != nil {
		return nil, nil, err
	}
	broken := judge(plan)
	if broken != nil && !p.Hold {
		return plan, broken, nil
	}
	if plan.Parts > 0 {
		if err := ready(); err != nil {
			return nil, nil, err
		}
	}
	sum := export.PlanSum{Files: plan.Files, Input: plan.Input, Held: broken, Beside: p.Beside != nil}
	if whole {
		sum.Feed = plan.Input - p.Joined
	}
	if err := tx.Commit(sum); err != nil {
		return nil, nil, fmt.Errorf("record the plan: %w", err)
	}
	return plan, nil, nil
}

// ledgerSink writes a plan into the ledger.
type ledgerSink struct{ tx export.PlanTx }

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

func (s *ledgerSink) Row(r export.RowResult, _ []export.Fault, kept []export.KeptRecord) error {
	for _, k := range kept {
		if err := s.tx.Keep(k); err != nil {
			return fmt.Errorf("keep a record: %w", err)
		}
	}
	if err := s.tx.AddRow(r); err != nil {
		return fmt.Errorf("record a row: %w", err)
	}
	return nil
}

func (s *ledgerSink) Restart() error {
	if err := s.tx.Restart(); err != nil {
		return fmt.Errorf("begin the plan anew: %w", err)
	}
	return nil
}

func (s *ledgerSink) Name(id int64, name string) error { return s.tx.NamePart(id, name) }
