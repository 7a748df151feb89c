package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// pauses are the waits between the tries of one delivery.
var pauses = []time.Duration{2 * time.Second, 15 * time.Second}

// deliver sends the parts of a wave that are not sent yet, one after another over one connection.
func (r *Runner) deliver(ctx context.Context, wave []export.Part) error {
	if r.undelivered != nil { // a refused login is not tried again with the next wave
		return r.undelivered
	}
	line := &redialer{dial: r.Dial}
	defer line.close()
	for i := range wave {
		for try := 0; !r.sent(&wave[i]); {
			err := r.step(ctx, line, &wave[i])
			if err == nil {
				continue
			}
			line.close()
			if err := r.again(ctx, &wave[i], err, try); err != nil {
				return err
			}
			try++
		}
	}
	return nil
}

// sent reports whether nothing of a part is left to deliver.
func (r *Runner) sent(p *export.Part) bool {
	switch p.State {
	case export.Planned, export.Staged, export.Renaming:
		return p.Route == export.ByAPI
	}
	return true
}

// again waits and returns nil where an error is worth another try, else it returns the final error. An
// error from before there was a session is final, since accounts lock.
func (r *Runner) again(ctx context.Context, p *export.Part, err error, try int) error {
	var lost *wireError
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case !errors.As(err, &lost) || !lost.passing():
		return err
	case try >= len(pauses):
		return lost.final(p, try+1)
	}
	export.LogHints(r.Log.WithField("part", p.Name), export.HintsOf(err)...).Warnf("trying again: %v", err)
	return sleep(ctx, pauses[try])
}

// step makes one recorded move of one part towards delivered.
func (r *Runner) step(ctx context.Context, line *redialer, p *export.Part) error {
	switch p.State {
	case export.Planned:
		if r.Direct {
			return r.writeDirect(ctx, line, p)
		}
		return r.stage(ctx, line, p)
	case export.Staged:
		return r.move(p, export.Renaming)
	case export.Renaming:
		if p.Temp == "" { // the part was written directly, whatever the config says now
			return r.doubt(ctx, line, p)
		}
		return r.commit(ctx, line, p)
	}
	return export.Ours(fmt.Errorf("part %s is %s and cannot be delivered", p.Name, p.State))
}

// stage writes the temporary from the beginning, whatever an earlier try has left there.
func (r *Runner) stage(ctx context.Context, line *redialer, p *export.Part) error {
	data, err := r.Ledger.Bytes(*p)
	if err != nil {
		return err
	}
	s, err := line.session(ctx)
	if err != nil {
		return err
	}
	if err := s.Stage(ctx, p.Name, data); err != nil {
		return wire(err)
	}
	p.Temp = s.Temp(p.Name)
	return r.move(p, export.Staged)
}

// commit renames the temporary. A missing temporary proves that an earlier rename succeeded.
func (r *Runner) commit(ctx context.Context, line *redialer, p *export.Part) error {
	s, err := line.session(ctx)
	if err != nil {
		return err
	}
	switch err := s.Commit(ctx, p.Name, p.Temp); {
	case err == nil, errors.Is(err, export.ErrGone):
		return r.delivered(p)
	case errors.Is(err, export.ErrExists):
		p.Notes = export.Noted(export.PartNote{Kind: export.NoteTaken})
		return r.move(p, export.InDoubt)
	default:
		return wire(err)
	}
}

func (r *Runner) delivered(p *export.Part) error {
	p.Sent, p.Notes = r.Now(), nil
	return r.move(p, export.Delivered)
}

// writeDirect writes under the final name, where renaming is switched off. Coupa may take the file from the first byte
// on.
func (r *Runner) writeDirect(ctx context.Context, line *redialer, p *export.Part) error {
	data, err := r.Ledger.Bytes(*p)
	if err != nil {
		return err
	}
	s, err := line.session(ctx)
	if err != nil {
		return err
	}
	p.Sent = r.Now() // load.pickup counts from here
	if err := r.move(p, export.Renaming); err != nil {
		return err
	}
	if err := s.Write(ctx, p.Name, data); err != nil {
		return wire(err)
	}
	return r.delivered(p)
}

// doubt checks, in the direction in which the file moves, whether a direct write succeeded: drop folder, archives, load
// list.
func (r *Runner) doubt(ctx context.Context, line *redialer, p *export.Part) error {
	s, err := line.session(ctx)
	if err != nil {
		return err
	}
	seen, err := s.Look(ctx, p.Name)
	if err != nil {
		return wire(err)
	}
	if seen.Archived || seen.Folder && seen.Size == p.Size {
		return r.delivered(p)
	}
	if l, _ := r.ask(ctx, p); l != nil && !l.PickedUp && !torn(l, p) {
		return r.delivered(p)
	}
	if ctx.Err() != nil { // Coupa was not asked, so there is no "no"
		return context.Cause(ctx)
	}
	if !seen.Folder && r.waited(p) < r.Pickup {
		return sleep(ctx, r.Poll) // a "no" of the load list does not count yet; the state has not changed, so this step is repeated
	}
	p.Notes = export.Noted(export.PartNote{Kind: export.NoteNowhere})
	if seen.Folder {
		p.Notes = export.Noted(export.PartNote{Kind: export.NoteCut, Has: seen.Size, Of: p.Size})
	}
	return r.move(p, export.InDoubt)
}

// redialer keeps one session and dials again after it was closed.
type redialer struct {
	dial func(context.Context) (export.Session, error)
	s    export.Session
}

func (l *redialer) session(ctx context.Context) (export.Session, error) {
	if l.s != nil {
		return l.s, nil
	}
	s, err := l.dial(ctx)
	if err != nil {
		return nil, err
	}
	l.s = s
	return s, nil
}

func (l *redialer) close() {
	if l.s != nil {
		l.s.Close() // every write was answered before, so nothing is lost with the connection
		l.s = nil
	}
}

// wireError marks an error of a session that was open; every other error is final.
type wireError struct{ err error }

// passing reports whether another session may succeed: the connection was lost or silent, or the server's answer was
// unknown. A missing folder or permission stays missing.
func (e *wireError) passing() bool {
	var not *export.NotDeliveredError
	return !errors.As(e.err, &not) || not.What.Passing()
}

// final returns the error of the last try. It adds what to do, unless the error already says it.
func (e *wireError) final(p *export.Part, tries int) error {
	var not *export.NotDeliveredError
	if errors.As(e.err, &not) {
		return &export.NotDeliveredError{What: not.What, Msg: fmt.Sprintf("%s (part %s, tried %d times)", not.Msg, p.Name, tries), Err: e}
	}
	no := &export.NotDeliveredError{What: export.NoConnection, Msg: fmt.Sprintf("%v (part %s, tried %d times)", e.err, p.Name, tries), Err: e}
	return no.WithHint("run again when the server is well")
}

func (e *wireError) Error() string { return e.err.Error() }
func (e *wireError) Unwrap() error { return e.err }

func wire(err error) error { return &wireError{err} }

// sleep waits, or ends with the context's cause.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
