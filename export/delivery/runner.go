package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
)

// PartWriter writes the rows of a part by API; directory.Writer implements it. left is the number of rows without an
// answer, last is why, and err ends the run. move records the part's next state.
type PartWriter interface {
	Part(ctx context.Context, p *export.Part, move func(export.PartState) error) (left int, last, err error)
}

// Ledger is what a Runner needs of durable state. Every call is durable when it returns.
type Ledger interface {
	// Move records a part as it now stands. The move from the state in the ledger to p.State must be in the table of
	// moves.
	Move(p export.Part) error
	// Settle records a part's verdict and its rows' outcomes in one step: results names rows by PartRow, and every
	// other row of the part gets rest.
	Settle(p export.Part, rest export.Outcome, results []export.RowResult) error
	// Bytes returns a part's bytes from the spool, checked against its hash.
	Bytes(export.Part) ([]byte, error)
	// PartRows calls f for each row of a part in order.
	PartRows(part int64, f func(export.RowResult) error) error
	// Writes returns the calls of a part of the API route by row.
	Writes(part int64) (map[int]export.Write, error)
}

// Runner takes parts from the ledger to Coupa and to a verdict. The state of a part is the program counter: going on
// after a crash is the same loop, begun later.
type Runner struct {
	Ledger Ledger
	Dial   func(context.Context) (export.Session, error)
	Writer PartWriter          // writes parts of the API route; nil where the config has no client for it
	Loads  []export.LoadSource // ways of asking, in the order of load.via
	Direct bool                // as sftp.direct
	Poll   time.Duration
	Pickup time.Duration // a "no" of the load list counts only after this
	Wait   time.Duration // a part without a verdict after this is stalled
	NoWait bool          // deliver one wave and return; parts sent earlier are asked about once
	Now    func() time.Time
	Log    logrus.FieldLogger
	OnMove func(export.Part) // called after every recorded move, for progress; may be nil

	ahead       map[int64]time.Time // when the wait began, for a part that was sent while the clock was ahead
	undelivered error               // why parts could not be sent
	lost        error               // why no source can be asked any more
	gone        map[string]error    // sources that cannot be asked any more, and why
	hushed      map[string]hush     // sources that must not be asked for a while, as Coupa has requested
}

// Drive takes parts as far as possible: wave by wave, delivered, awaited, settled. Afterwards Undelivered and Lost
// return what stopped it. The error is only a cancelled context or a ledger that cannot be written.
func (r *Runner) Drive(ctx context.Context, parts []export.Part) error {
	for len(parts) > 0 {
		n := 1
		for n < len(parts) && parts[n].Wave == parts[0].Wave && parts[n].Run == parts[0].Run {
			n++
		}
		wave := parts[:n]
		parts = parts[n:]
		earlier := slices.Clone(wave) // as this start found them
		err := r.deliver(ctx, wave)
		if err == nil {
			err = r.write(ctx, wave)
		}
		if fatal := r.fatal(ctx, err); fatal != nil {
			return fatal
		}
		if r.NoWait {
			err = r.askOnce(ctx, wave, earlier)
		} else {
			err = r.await(ctx, wave)
		}
		if err != nil {
			return err
		}
		open := slices.ContainsFunc(wave, func(p export.Part) bool { return !p.State.Final() })
		if open && len(parts) > 0 && parts[0].Run == wave[0].Run {
			if r.undelivered == nil { // otherwise Coupa may have nothing of it, and the report says why
				r.Log.WithField("wave", wave[0].Wave).Warn("later waves wait: a part of this one has no verdict yet")
			}
			parts = slices.DeleteFunc(slices.Clone(parts), func(p export.Part) bool { return p.Run == wave[0].Run })
		}
	}
	return nil
}

// askOnce asks about the parts of a wave that were sent before this start.
func (r *Runner) askOnce(ctx context.Context, wave, earlier []export.Part) error {
	for i := range wave {
		if awaited(earlier[i]) {
			if err := r.follow(ctx, &wave[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// fatal returns an error that ends the run, and records one that only ends the sending.
func (r *Runner) fatal(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var not *export.NotDeliveredError
	if errors.As(err, &not) {
		r.undelivered = err
		return nil
	}
	return err
}

// Undelivered returns why parts could not be sent; nil where all were sent.
func (r *Runner) Undelivered() error { return r.undelivered }

// Lost returns why no source could be asked any more; nil where one could.
func (r *Runner) Lost() error { return r.lost }

// move records a part's next state before the program goes on.
func (r *Runner) move(p *export.Part, next export.PartState) error {
	from := p.State
	to, err := p.State.To(next)
	if err != nil {
		return err
	}
	p.State = to
	if err := r.Ledger.Move(*p); err != nil {
		p.State = from
		return fmt.Errorf("record that part %s is %s: %w", p.Name, next, err)
	}
	r.logMove(*p)
	return nil
}

// settle records a part's verdict and the outcomes of its rows before the program goes on.
func (r *Runner) settle(p *export.Part, rest export.Outcome, rows []export.RowResult) error {
	to, err := p.State.To(export.Settled)
	if err != nil {
		return err
	}
	p.State = to
	if err := r.Ledger.Settle(*p, rest, rows); err != nil {
		return fmt.Errorf("record the verdict of part %s: %w", p.Name, err)
	}
	r.logMove(*p)
	return nil
}

func (r *Runner) logMove(p export.Part) {
	fields := logrus.Fields{"part": p.Name, "rows": p.Rows}
	if p.LoadID != "" {
		fields["load"] = p.LoadID
	}
	if p.Verdict != "" {
		fields["verdict"] = string(p.Verdict)
	}
	r.Log.WithFields(fields).Info(string(p.State))
	if r.OnMove != nil {
		r.OnMove(p)
	}
}

// SortParts sorts parts in the order of sending: by run, wave and name.
func SortParts(parts []export.Part) {
	slices.SortStableFunc(parts, func(a, b export.Part) int {
		return cmp.Or(cmp.Compare(a.Run, b.Run), cmp.Compare(a.Wave, b.Wave), cmp.Compare(a.Name, b.Name))
	})
}
