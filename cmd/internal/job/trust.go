package job

import (
	"context"
	"errors"

	"github.com/hr2coupa/hr2coupa/cmd/internal/trust"
	"github.com/hr2coupa/hr2coupa/export"
)

// A ledger that was lost, restored or copied does not know what was sent since, and would send it again. What was sent is
// known outside it too: in Coupa's list of loads, and in the mark beside the config.

// faith is how far a start may trust its ledger.
type faith struct {
	doubt   *trust.Suspicion // what speaks against it; nil if it was not checked
	sound   bool             // the start may go on with it, so that its mark may be written
	unknown []string         // parts that were sent and that it does not know, where the start goes on all the same
	says    []string         // what people are told about it
	done    *export.Report   // of a start that may not go on
}

// trust decides whether a start may go on with its ledger.
func (j *Job) trust(ctx context.Context, vouched bool) (faith, error) {
	if j.env.Apart {
		return faith{}, nil
	}
	s, err := trust.Suspect(ctx, j.cfg, j.ledger, j.wires.Lists, j.env.Now(), false)
	if err != nil {
		return faith{}, err
	}
	f := faith{doubt: s, sound: true}
	if s.Gone || len(s.Unknown) > 0 { // what was sent since may have changed anyone
		if err := j.ledger.ForgetBaselines(); err != nil {
			return faith{}, err
		}
	}
	if s.Grave() && !vouched {
		if j.cfg.HoldUnknown {
			return j.distrusted(s)
		}
		export.LogHints(j.env.Log, append(export.HintsOf(s.Unasked), "find out whether the ledger was lost, restored or copied (docs/ledger.md, A lost ledger)")...).
			Warn(s.Says() + ", and what it does not know is sent again")
		if len(s.Unknown) > 0 {
			f.unknown, f.says = s.Unknown, []string{s.Says()}
		}
	}
	return f, j.alreadySent(s.Sent)
}

// distrusted returns the report of a start that sends nothing because of its ledger.
func (j *Job) distrusted(s *trust.Suspicion) (faith, error) {
	if not := (*export.NotDeliveredError)(nil); len(s.Unknown) == 0 && errors.As(s.Unasked, &not) {
		return faith{}, s.Unasked
	}
	rep := EmptyReport(export.EndUnknownFiles, j.env.Now().UTC())
	rep.Exit, rep.UnknownFiles = export.ExitHeld, s.Unknown
	rep.Because(export.WithHintsOf(errors.New("nothing is sent (ledger_unknown: hold): "+s.Says()), s.Unasked))
	return faith{done: rep, says: []string{s.Says()}}, nil
}

// AfterDistrust holds what to do about a ledger that is not trusted, one step a line.
var AfterDistrust = []string{
	"if the ledger was lost, restored or copied: put the newest one back, or hr2coupa run --adopt, which marks the feed files of this start as seen and sends nothing of them",
	"if no newest one is left: hr2coupa state rebuild --from api, which learns from Coupa what is there",
	"if the ledger is new, or others have sent these: hr2coupa run --new-ledger, which sends all that the ledger does not know",
}

// alreadySent moves on parts that Coupa has and the ledger takes for unsent: the ledger is older than their sending.
func (j *Job) alreadySent(sent map[string]bool) error {
	parts, err := j.ledger.Unfinished()
	if err != nil {
		return err
	}
	for _, p := range parts {
		if p.Route != export.ByCSV || !sent[p.Name] || p.State != export.Planned && p.State != export.Staged {
			continue
		}
		p.Notes = export.Noted(export.PartNote{Kind: export.NoteSent})
		j.env.Log.WithField("part", p.Name).Warn(p.Notes.Text() + ", so it is not sent again")
		for _, next := range []export.PartState{export.Renaming, export.Delivered} {
			if p.State = next; next == export.Delivered {
				p.Sent = j.env.Now()
			}
			if err := j.ledger.Move(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeMark writes how far the ledger has come. A failure to write it fails no run; doctor reports it.
func (j *Job) writeMark() {
	water, err := j.past.Water(j.env.Now().Add(-trust.Remembered))
	if err == nil {
		err = trust.WriteMark(j.cfg, water, j.env.Now())
	}
	if err != nil {
		j.env.Log.Debugf("the mark beside the config cannot be written: %v", err)
	}
}
