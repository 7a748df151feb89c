package delivery

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
)

// Check proves, before anything is sent, that at least one way of asking for loads works. A way without verdicts
// (archive) counts only where it is the only one.
func (r *Runner) Check(ctx context.Context) error {
	var faults []error
	judges := 0
	for _, src := range r.Loads {
		if src.Via() != "archive" {
			judges++
		}
		err := src.Check(ctx)
		if err == nil {
			delete(r.gone, src.Via()) // it may have been left earlier and work again
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		faults = append(faults, err)
		r.leave(src, err)
	}
	if len(faults) > 0 && len(faults) >= judges {
		return errors.Join(faults...)
	}
	for _, err := range faults {
		logOf(r.Log, err).Warnf("load.via: this way cannot be asked: %v", err)
	}
	r.lost = nil
	return nil
}

// leave records that a source is not asked any more.
func (r *Runner) leave(src export.LoadSource, why error) {
	if r.gone == nil {
		r.gone = map[string]error{}
	}
	r.gone[src.Via()] = why
}

// reasons returns why the sources that were left cannot be asked, in the order of load.via.
func (r *Runner) reasons() error {
	var why []string
	var faults []error
	for _, src := range r.Loads {
		if err := r.gone[src.Via()]; err != nil {
			why, faults = append(why, err.Error()), append(faults, err)
		}
	}
	return export.WithHintsOf(errors.New(strings.Join(why, "; ")), errors.Join(faults...))
}

// logOf returns the log for a line about an error: with what to do.
func logOf(log logrus.FieldLogger, err error) logrus.FieldLogger {
	return export.LogHints(log, export.HintsOf(err)...)
}

// ask asks the sources in their order and takes the first that knows the load. An answer that only says that the file
// was picked up is used where no other source knows more. unheard is why a source had no answer.
func (r *Runner) ask(ctx context.Context, p *export.Part) (picked *export.Load, unheard error) {
	for _, src := range r.Loads {
		if r.gone[src.Via()] != nil {
			continue
		}
		if h := r.hushed[src.Via()]; r.Now().Before(h.until) {
			unheard = h.why
			continue
		}
		q := export.LoadQuery{Name: p.Name, Size: p.Size, Since: r.floor(p), Until: r.deadline(p)}
		if p.Via == src.Via() {
			q.ID = p.LoadID
		}
		l, err := src.Ask(ctx, q)
		switch {
		case ctx.Err() != nil:
			return nil, nil
		case err != nil:
			unheard = err
			r.failed(src, p, err)
		case l != nil && l.PickedUp:
			picked = l
		case l != nil:
			return l, unheard
		}
	}
	return picked, unheard
}

// failed notes why a source had no answer. A source that cannot work any more is left. A source on which Coupa has
// asked to wait is not asked before that time.
func (r *Runner) failed(src export.LoadSource, p *export.Part, err error) {
	log := r.Log.WithField("via", src.Via())
	if not, ok := errors.AsType[*export.NotDeliveredError](err); ok {
		r.leave(src, not)
		logOf(log, err).Warnf("cannot ask this way any more: %v", err)
		return
	}
	logOf(log, err).Warnf("asking about part %s: %v", p.Name, err)
	if until, ok := export.NotBefore(err); ok {
		if r.hushed == nil {
			r.hushed = map[string]hush{}
		}
		r.hushed[src.Via()] = hush{until, err}
	}
}

// hush is a time before which a source must not be asked, and the error that said so.
type hush struct {
	until time.Time
	why   error
}

// hopeless reports whether Coupa has asked, on every remaining source, to wait until after a part's time is up.
func (r *Runner) hopeless(p *export.Part) bool {
	for _, src := range r.Loads {
		if r.gone[src.Via()] == nil && !r.hushed[src.Via()].until.After(r.deadline(p)) {
			return false
		}
	}
	return true
}

func (r *Runner) only(via string) bool { return len(r.Loads) == 1 && r.Loads[0].Via() == via }
