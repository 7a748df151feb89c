package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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

// next is the adaptive part of polling: loads take minutes, so the pause grows while nothing moves, to four times
// load.poll, and falls back as soon as something does.
func (r *Runner) next(pause time.Duration, moved bool, waited time.Duration) time.Duration {
	if moved || waited < 10*r.Poll {
		return r.Poll
	}
	return min(pause+r.Poll/4, 4*r.Poll)
}

// left is how long until the next part of a wave has waited for load.wait. A part is called stalled then, not at the
// poll after it.
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
	l := r.ask(ctx, p)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	switch {
	case l == nil && r.unheard != nil: // nobody has said that there is no load
		return r.unanswered(p, fmt.Sprintf("asking about its load failed (%v)", r.unheard))
	case l == nil:
		return r.unanswered(p, "Coupa does not list its load")
	case l.PickedUp:
		if r.only("archive") {
			p.Via, p.Verdict, p.Note = l.Via, export.VerdictUnconfirmed, "picked up; nobody was asked what came of it (load.via: [archive])"
			return r.settle(p, export.Pending, nil)
		}
		if r.unheard != nil {
			return r.unanswered(p, fmt.Sprintf("Coupa has picked it up, and asking about its load failed (%v)", r.unheard))
		}
		return r.unanswered(p, "Coupa has picked it up and does not list its load")
	}
	if torn(l, p) {
		return r.unanswered(p, fmt.Sprintf("Coupa's load %s is of %d bytes and the part has %d: a torn or foreign file", l.ID, l.FileSize, p.Size))
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
	return r.unanswered(p, fmt.Sprintf("Coupa says %q of its load", export.StatusWord(l.Status)))
}

func (r *Runner) late(p *export.Part) bool { return r.waited(p) >= r.Wait }

// waited is how long ago a part was sent. Where that was recorded by a clock that was ahead, so that it still is to come,
// the wait begins with this start; a part that was stalled already has had its wait.
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

// floor is the time before which no load of a part is looked for: a day before it was planned, or before now where that
// was recorded by a clock that was ahead.
func (r *Runner) floor(p *export.Part) time.Time {
	planned := p.Planned
	if now := r.Now(); planned.After(now) {
		planned = now
	}
	return planned.Add(-24 * time.Hour)
}

// torn tells whether a load has another size than the part, so that it says nothing about it.
func torn(l *export.Load, p *export.Part) bool { return l.FileSize >= 0 && l.FileSize != p.Size }

// unanswered leaves a part waiting, or stalled once its time is up or nobody can be asked any more.
func (r *Runner) unanswered(p *export.Part, why string) error {
	if lost := len(r.gone) == len(r.Loads); lost {
		r.lost = fmt.Errorf("no way of load.via can be asked any more: %w", r.reasons())
		why = "no way of load.via can be asked any more"
	} else if !r.late(p) && !r.hopeless(p) {
		return nil
	}
	p.Verdict = export.VerdictStalled
	p.Note = fmt.Sprintf("%s %s after it was sent; the next run asks again", why, r.waited(p).Round(time.Second))
	if !r.late(p) && len(r.gone) < len(r.Loads) {
		p.Note = fmt.Sprintf("%s; load.wait (%s) is over before that, so it is not waited for; the next run asks again", why, r.Wait)
	}
	if _, ahead := r.ahead[p.ID]; ahead {
		p.Note = fmt.Sprintf("%s; it was recorded as sent at %s, which is still to come, so the wait began with this start; the next run asks again", why, p.Sent.UTC().Format(time.RFC3339))
	}
	if p.State == export.Stalled {
		return r.Ledger.Move(*p)
	}
	return r.move(p, export.Stalled)
}

func (r *Runner) only(via string) bool { return len(r.Loads) == 1 && r.Loads[0].Via() == via }

// ask goes through the ways of asking in their order and takes the first that knows the load. What only says that the
// file was picked up is kept for when nobody knows more.
func (r *Runner) ask(ctx context.Context, p *export.Part) *export.Load {
	var picked *export.Load
	r.unheard = nil
	for _, src := range r.Loads {
		if r.gone[src.Via()] != nil {
			continue
		}
		if h := r.hushed[src.Via()]; r.Now().Before(h.until) {
			r.unheard = h.why
			continue
		}
		q := export.LoadQuery{Name: p.Name, Size: p.Size, Since: r.floor(p), Until: r.deadline(p)}
		if p.Via == src.Via() {
			q.ID = p.LoadID
		}
		l, err := src.Ask(ctx, q)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			r.unheard = err
			r.failed(src, p, err)
		case l != nil && l.PickedUp:
			picked = l
		case l != nil:
			return l
		}
	}
	return picked
}

// failed notes why a way gave no answer. One that is of no use any more is left; one on which Coupa has asked to be left
// alone is not asked before that is over.
func (r *Runner) failed(src export.LoadSource, p *export.Part, err error) {
	log := r.Log.WithField("via", src.Via())
	if not, ok := errors.AsType[*export.NotDeliveredError](err); ok {
		r.leave(src, not)
		log.Warnf("cannot ask this way any more: %v", err)
		return
	}
	log.Warnf("asking about part %s: %v", p.Name, err)
	if until, ok := export.NotBefore(err); ok {
		if r.hushed == nil {
			r.hushed = map[string]hush{}
		}
		r.hushed[src.Via()] = hush{until, err}
	}
}

// hush is a time before which a way is not to be asked, and the error that said so.
type hush struct {
	until time.Time
	why   error
}

// deadline is when a part has waited for load.wait; of one that has already, now.
func (r *Runner) deadline(p *export.Part) time.Time { return r.Now().Add(max(r.Wait-r.waited(p), 0)) }

// hopeless reports whether Coupa has asked, on every way that is left, not to be asked before a part's time is up.
func (r *Runner) hopeless(p *export.Part) bool {
	for _, src := range r.Loads {
		if r.gone[src.Via()] == nil && !r.hushed[src.Via()].until.After(r.deadline(p)) {
			return false
		}
	}
	return true
}

// judge settles a part by its load: verdict, counts and the outcome of every row.
func (r *Runner) judge(p *export.Part, l *export.Load, v export.Verdict) error {
	p.Verdict, p.Created, p.Updated, p.Note = v, l.Created, l.Updated, ""
	var rows []export.RowResult
	if err := r.Ledger.PartRows(p.ID, func(row export.RowResult) error { rows = append(rows, row); return nil }); err != nil {
		return err
	}
	if v == export.VerdictFailed || v == export.VerdictEmpty {
		why := failure(l, v)
		p.Note = why.Text()
		for i := range rows {
			rows[i].Outcome, rows[i].Faults = export.Rejected, why
		}
		return r.settle(p, export.Rejected, rows)
	}
	j := Join(rows, l.Errors)
	for _, n := range j.Notes {
		r.Log.WithField("load", l.ID).Warn(n)
	}
	rest := export.Applied
	if why := untold(l, j, len(rows)); why != "" {
		// which rows are refused is not known, so none of the others can be called applied
		p.Verdict, rest = export.VerdictPartial, export.Pending
		p.Note = why
		j.Rows = append(j.Rows, pending(rows, j.Rows, why)...)
	}
	p.Note = notes(p.Note, joinNote(j))
	return r.settle(p, rest, j.Rows)
}

// untold says what keeps the rows without an error from being called applied: errors that fit no row, or an answer that
// does not say whether there are errors at all.
func untold(l *export.Load, j Joined, sent int) string {
	if missing := max(l.ErrorsN-len(l.Errors), 0) + len(j.Loose); missing > 0 {
		return fmt.Sprintf("Coupa reports %d row errors that fit no row of ours; see load %s in Coupa", missing, l.ID)
	}
	if known := l.Created >= 0 && l.Updated >= 0; l.ErrorsN < 0 && (!known || l.Created+l.Updated < sent) {
		return fmt.Sprintf("Coupa's answer about load %s does not say whether rows were refused; look at it in Coupa", l.ID)
	}
	return ""
}

// pending gives the rows that are not among refused, with the reason.
func pending(rows, refused []export.RowResult, why string) []export.RowResult {
	hit := map[int]bool{}
	for _, row := range refused {
		hit[row.PartRow] = true
	}
	var out []export.RowResult
	faults := export.Faults{{Rule: "load", Message: why}}
	for _, row := range rows {
		if !hit[row.PartRow] {
			row.Outcome, row.Faults = export.Pending, faults
			out = append(out, row)
		}
	}
	return out
}

// notes joins what there is of the notes about a part.
func notes(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), "; ")
}

func joinNote(j Joined) string {
	if len(j.Notes) == 0 {
		return ""
	}
	return "first cell and row number of Coupa's errors disagree: " + strings.Join(j.Notes, "; ")
}

// failure says, as far as Coupa has words for it in Coupa's, why a whole load came to nothing.
func failure(l *export.Load, v export.Verdict) export.Faults {
	if v == export.VerdictEmpty {
		return export.Faults{{Rule: "load", Message: "Coupa loaded the file and processed no row of it"}}
	}
	var texts []string
	for _, e := range l.Errors {
		if e.Header() {
			texts = append(texts, e.Messages...)
		}
	}
	if len(texts) == 0 && l.Result != "" {
		texts = []string{l.Result}
	}
	if len(texts) == 0 {
		return export.Faults{{Rule: "load", Message: fmt.Sprintf("Coupa's load %s and says no more; see load %s in Coupa", export.LoadStatus(l.Status), l.ID)}}
	}
	slices.Sort(texts)
	why := export.CoupaFaults("", slices.Compact(texts)...)
	why[0].Message = fmt.Sprintf("Coupa's load %s: %s", export.LoadStatus(l.Status), why[0].Message)
	return why
}

func (r *Runner) settle(p *export.Part, rest export.Outcome, rows []export.RowResult) error {
	to, err := p.State.To(export.Settled)
	if err != nil {
		return err
	}
	p.State = to
	if err := r.Ledger.Settle(*p, rest, rows); err != nil {
		return fmt.Errorf("record the verdict of part %s: %w", p.Name, err)
	}
	r.tell(*p)
	return nil
}
