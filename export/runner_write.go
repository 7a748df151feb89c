package export

import (
	"context"
	"fmt"
)

// write brings the parts of a wave that go by API to their end, as far as they go.
func (r *Runner) write(ctx context.Context, wave []Part) error {
	for i := range wave {
		p := &wave[i]
		if p.Route != ByAPI || p.State.Final() {
			continue
		}
		if r.undelivered != nil {
			return r.undelivered
		}
		if r.Writer == nil {
			return &NotDeliveredError{What: "client", Msg: fmt.Sprintf("part %s goes by API, and the config names no coupa.client_id", p.Name)}
		}
		if err := r.writePart(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// writePart writes one part and settles it where every row has its answer.
func (r *Runner) writePart(ctx context.Context, p *Part) error {
	if p.State == Stalled {
		p.Verdict, p.Note = "", ""
		if err := r.move(p, Loading); err != nil {
			return err
		}
	}
	left, why, err := r.Writer.Part(ctx, p, func(next PartState) error { return r.move(p, next) })
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case left == 0 && err == nil:
		return r.settleWritten(p)
	case p.State == Planned: // nothing was changed in Coupa
		return err
	}
	p.Verdict = VerdictStalled
	p.Note = fmt.Sprintf("%d of %d rows have no answer yet; the next run goes on with them", left, p.Rows)
	if why != nil {
		p.Note += "; the last call without one: " + why.Error()
	}
	if moved := r.move(p, Stalled); moved != nil {
		return moved
	}
	return err
}

// settleWritten gives a part its verdict, by what was recorded of each row.
func (r *Runner) settleWritten(p *Part) error {
	writes, err := r.Ledger.Writes(p.ID)
	if err != nil {
		return err
	}
	if p.State == Planned { // nothing had to be written
		p.Sent = r.Now()
		if err := r.move(p, Loading); err != nil {
			return err
		}
	}
	p.Verdict, p.Note, p.Created, p.Updated = VerdictOK, "", 0, 0
	err = r.Ledger.PartRows(p.ID, func(row RowResult) error {
		switch {
		case row.Outcome.Mendable():
			p.Verdict = VerdictPartial
		case row.Outcome != Applied:
		case writes[row.PartRow].Created:
			p.Created++
		default:
			p.Updated++
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.settle(p, Pending, nil)
}
