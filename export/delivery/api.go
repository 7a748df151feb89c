package delivery

import (
	"context"
	"fmt"

	"github.com/hr2coupa/hr2coupa/export"
)

// write writes the parts of a wave that go by API, as far as possible.
func (r *Runner) write(ctx context.Context, wave []export.Part) error {
	for i := range wave {
		p := &wave[i]
		if p.Route != export.ByAPI || p.State.Final() {
			continue
		}
		if r.undelivered != nil {
			return r.undelivered
		}
		if r.Writer == nil {
			return &export.NotDeliveredError{What: export.NoClient, Msg: fmt.Sprintf("part %s goes by API, and the config names no coupa.client_id", p.Name)}
		}
		if err := r.writePart(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// writePart writes one part and settles it where every row has its answer.
func (r *Runner) writePart(ctx context.Context, p *export.Part) error {
	if p.State == export.Stalled {
		p.Verdict, p.Notes = "", nil
		if err := r.move(p, export.Loading); err != nil {
			return err
		}
	}
	left, last, err := r.Writer.Part(ctx, p, func(next export.PartState) error { return r.move(p, next) })
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case left == 0 && err == nil:
		return r.settleWritten(p)
	case p.State == export.Planned: // nothing was changed in Coupa
		return err
	}
	p.Verdict = export.VerdictStalled
	open := export.PartNote{Kind: export.NoteOpenRows, Has: int64(left), Of: int64(p.Rows)}
	if last != nil {
		open.Because = last.Error()
	}
	p.Notes = export.Noted(open)
	if moved := r.move(p, export.Stalled); moved != nil {
		return moved
	}
	return err
}

// settleWritten settles a part by what was recorded of each row.
func (r *Runner) settleWritten(p *export.Part) error {
	writes, err := r.Ledger.Writes(p.ID)
	if err != nil {
		return err
	}
	if p.State == export.Planned { // nothing had to be written
		p.Sent = r.Now()
		if err := r.move(p, export.Loading); err != nil {
			return err
		}
	}
	p.Verdict, p.Notes, p.Created, p.Updated = export.VerdictOK, nil, 0, 0
	err = r.Ledger.PartRows(p.ID, func(row export.RowResult) error {
		switch {
		case row.Outcome.Mendable():
			p.Verdict = export.VerdictPartial
		case row.Outcome != export.Applied:
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
	return r.settle(p, export.Pending, nil)
}
