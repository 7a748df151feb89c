package delivery

import (
	"context"
	"fmt"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// await polls until every part of a wave has a verdict or its time is up. A part that was stalled when the run began is
// asked once, without a second full wait.
func (r *Runner) await(ctx context.Context, wave []export.Part) error {
	began := r.Now()
	pause := r.Poll
	for {
		open, moved := 0, false
		for i := range wave {
			p := &wave[i]
			if !awaited(*p) {
				continue
			}
			was := p.State
			if err := r.follow(ctx, p); err != nil {
				return err
			}
			moved = moved || p.State != was
			if awaited(*p) && p.State != export.Stalled {
				open++
			}
		}
		if open == 0 {
			return nil
		}
		if pause = r.next(pause, moved, r.Now().Sub(began)); pause <= 0 {
			pause = time.Second
		}
		if err := sleep(ctx, min(pause, r.left(wave))); err != nil {
			return err
		}
	}
}

// next returns the next pause between polls: loads take minutes, so the pause grows while no part moves, up to four
// times load.poll, and falls back as soon as one does.
func (r *Runner) next(pause time.Duration, moved bool, waited time.Duration) time.Duration {
	if moved || waited < 10*r.Poll {
		return r.Poll
	}
	return min(pause+r.Poll/4, 4*r.Poll)
}

// left returns how long until the next part of a wave has waited for load.wait. The part is stalled at that time, not
// at the poll after it.
func (r *Runner) left(wave []export.Part) time.Duration {
	least := r.Wait
	for _, p := range wave {
		if p.State == export.Delivered || p.State == export.Loading {
			least = min(least, r.Wait-r.waited(&p))
		}
	}
	return max(least, time.Millisecond)
}

func awaited(p export.Part) bool {
	return p.Route == export.ByCSV && (p.State == export.Delivered || p.State == export.Loading || p.State == export.Stalled)
}

// follow asks once about a part and records what is new.
func (r *Runner) follow(ctx context.Context, p *export.Part) error {
	l, unheard := r.ask(ctx, p)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	switch {
	case l == nil && unheard != nil: // no source has said that there is no load
		return r.unanswered(p, export.PartNote{Kind: export.NoteNotAnswered, Because: unheard.Error()})
	case l == nil:
		return r.unanswered(p, export.PartNote{Kind: export.NoteNotListed})
	case l.PickedUp:
		if r.only("archive") {
			p.Via, p.Verdict, p.Notes = l.Via, export.VerdictUnconfirmed, export.Noted(export.PartNote{Kind: export.NoteNotAsked})
			return r.settle(p, export.Pending, nil)
		}
		if unheard != nil {
			return r.unanswered(p, export.PartNote{Kind: export.NotePickedUp, Because: unheard.Error()})
		}
		return r.unanswered(p, export.PartNote{Kind: export.NotePickedUp})
	}
	if torn(l, p) {
		return r.unanswered(p, export.PartNote{Kind: export.NoteOtherSize, Load: l.ID, Has: l.FileSize, Of: p.Size})
	}
	p.LoadID, p.Via = l.ID, l.Via
	if v, final := export.Judge(l); final {
		return r.judge(p, l, v)
	}
	if !export.KnownStatus(l.Status) {
		r.Log.WithField("load", l.ID).Warnf("unknown load status %q: still waiting", export.StatusWord(l.Status))
	}
	if p.State == export.Delivered || p.State == export.Stalled && !r.late(p) { // not late: load.wait was raised meanwhile
		if err := r.move(p, export.Loading); err != nil {
			return err
		}
	}
	return r.unanswered(p, export.PartNote{Kind: export.NoteStatus, Status: export.StatusWord(l.Status)})
}

func (r *Runner) late(p *export.Part) bool { return r.waited(p) >= r.Wait }

// waited returns how long ago a part was sent. Where a clock that was ahead recorded a time in the future, the wait
// begins with this start. A part that was already stalled has had its wait.
func (r *Runner) waited(p *export.Part) time.Duration {
	now := r.Now()
	from, ahead := r.ahead[p.ID]
	switch {
	case ahead:
	case !p.Sent.After(now):
		return now.Sub(p.Sent)
	default:
		r.Log.WithField("part", p.Name).Warnf("it was recorded as sent at %s, which is still to come: the clock was ahead then, or is behind now; waits count from this start", p.Sent.UTC().Format(time.RFC3339))
		if from = now; p.State == export.Stalled {
			from = now.Add(-r.Wait)
		}
		if r.ahead == nil {
			r.ahead = map[int64]time.Time{}
		}
		r.ahead[p.ID] = from
	}
	return now.Sub(from)
}

// deadline returns when a part will have waited for load.wait; now where it already has.
func (r *Runner) deadline(p *export.Part) time.Time { return r.Now().Add(max(r.Wait-r.waited(p), 0)) }

// floor returns the time before which no load of a part is looked for: a day before it was planned, or a day before now
// where a clock that was ahead recorded the plan.
func (r *Runner) floor(p *export.Part) time.Time {
	planned := p.Planned
	if now := r.Now(); planned.After(now) {
		planned = now
	}
	return planned.Add(-24 * time.Hour)
}

// torn reports whether a load has another size than the part, so that it says nothing about it.
func torn(l *export.Load, p *export.Part) bool { return l.FileSize >= 0 && l.FileSize != p.Size }

// unanswered leaves a part waiting, or stalls it once its time is up or no source can be asked any more.
func (r *Runner) unanswered(p *export.Part, why export.PartNote) error {
	if lost := len(r.gone) == len(r.Loads); lost {
		r.lost = fmt.Errorf("no way of load.via can be asked any more: %w", r.reasons())
		why = export.PartNote{Kind: export.NoteNoWay}
	} else if !r.late(p) && !r.hopeless(p) {
		return nil
	}
	p.Verdict = export.VerdictStalled
	waited := r.waited(p)
	switch _, ahead := r.ahead[p.ID]; {
	case ahead:
		why.Sent = p.Sent.UTC()
	case !r.late(p) && len(r.gone) < len(r.Loads):
		why.Wait = r.Wait
	default:
		why.After = max(waited.Round(time.Second), time.Second)
	}
	p.Notes = export.Noted(why)
	if p.State == export.Stalled {
		return r.Ledger.Move(*p)
	}
	return r.move(p, export.Stalled)
}
