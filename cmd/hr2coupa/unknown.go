package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/config"
	"github.com/hr2coupa/hr2coupa/export"
)

// A ledger that was lost, restored or copied does not know what was sent since, and would send it again. What was sent is
// known outside it too: in Coupa's list of loads, and in the mark beside the config.

// listed is how far back Coupa's list of loads is looked at.
const listed = 7 * 24 * time.Hour

// history is what a ledger knows of its own past.
type history interface {
	Water(since time.Time) (export.Water, error)
	Unknown(names []string) ([]string, error)
}

// suspicion is what speaks against a ledger.
type suspicion struct {
	Why     string // why it was looked for; "" where nothing gave cause
	Unknown []string
	Unasked error // why Coupa's list could not be asked; nil where it was

	gone bool            // the mark is further than the ledger
	weak bool            // the cause alone, without unknown files, is no reason to stop
	sent map[string]bool // parts that Coupa or the mark has, known or not

	since time.Time // what was sent before is not looked at
	marks markSet
}

// fromMarks holds a ledger against the marks beside its config alone.
func fromMarks(cfg *config.Config, l history, now time.Time) (*suspicion, error) {
	since := now.Add(-min(listed, cfg.Retention.History)) // the names of what was pruned are gone
	water, err := l.Water(since)
	if err != nil {
		return nil, err
	}
	s := &suspicion{sent: map[string]bool{}, since: since, marks: readMarks(cfg)}
	var names []string
	if s.marks.own != nil {
		names = younger(s.marks.own.Sent, since)
	}
	for _, name := range names {
		s.sent[name] = true
	}
	if s.Unknown, err = l.Unknown(names); err != nil {
		return nil, err
	}
	s.cause(cfg, water)
	return s, nil
}

// suspect looks for parts that were sent and that the ledger does not know: where the ledger is empty, has gone back behind
// its mark or has none yet, or always.
func suspect(ctx context.Context, cfg *config.Config, l history, lists []lister, now time.Time, always bool) (*suspicion, error) {
	s, err := fromMarks(cfg, l, now)
	if err != nil || s.Why == "" && !always {
		return s, err
	}
	inCoupa, err := partsInCoupa(ctx, lists, s.since)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	s.Unasked = err
	known, err := othersSent(l, s.marks.others)
	if err != nil {
		return nil, err
	}
	for _, name := range inCoupa {
		s.sent[name] = true
	}
	inCoupa = slices.DeleteFunc(inCoupa, func(name string) bool { return known[name] || slices.Contains(s.Unknown, name) })
	more, err := l.Unknown(inCoupa)
	s.Unknown = append(s.Unknown, more...)
	slices.Sort(s.Unknown)
	return s, err
}

// cause finds why the ledger is to be looked into.
func (s *suspicion) cause(cfg *config.Config, w export.Water) {
	own := s.marks.own
	switch {
	case !w.Planned:
		s.Why = "the ledger is empty"
	case own != nil && (w.Runs < own.Runs || w.Parts < own.Parts):
		s.gone = true
		s.Why = fmt.Sprintf("the ledger has gone back: on %s it had run %d and part %d, and now its last ones are %d and %d",
			own.At.Format(time.RFC3339), own.Runs, own.Parts, w.Runs, w.Parts)
	case len(s.Unknown) > 0:
		s.gone = true
		s.Why = fmt.Sprintf("the ledger is not the one of %s: it lacks what that one had sent", own.At.Format(time.RFC3339))
	case own == nil && canMark(cfg) == nil:
		s.Why, s.weak = "nothing beside the config says how far the ledger had come", true
	}
}

// younger leaves out parts that were planned before a time, by their names.
func younger(names []string, since time.Time) []string {
	first := "Users_" + since.UTC().Format("20060102T150405Z")
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return export.PartNameIn(n) == "" || n < first })
}

// lister lists the files that Coupa has loaded.
type lister interface {
	Recent(ctx context.Context, word string, since time.Time) ([]*export.Load, error)
}

// partsInCoupa lists the parts, of whatever ledger, that Coupa has loaded, by the first list that can be asked.
func partsInCoupa(ctx context.Context, lists []lister, since time.Time) ([]string, error) {
	err := errors.New("load.via has neither api nor page")
	var loads []*export.Load
	for _, l := range lists {
		if loads, err = l.Recent(ctx, "Users_2", since); err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, l := range loads {
		if name := export.PartNameIn(l.FileName); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// othersSent are the parts of other ledgers that write into the same instance, by their marks. The mark of a ledger that
// shares a part with this one is not another's: one is a copy of the other.
func othersSent(l history, others []*mark) (map[string]bool, error) {
	out := map[string]bool{}
	for _, o := range others {
		strange, err := l.Unknown(o.Sent)
		if err != nil {
			return nil, err
		}
		if len(strange) < len(o.Sent) {
			continue
		}
		for _, name := range o.Sent {
			out[name] = true
		}
	}
	return out, nil
}

// grave reports whether a start that must be sure would stop.
func (s *suspicion) grave() bool {
	return len(s.Unknown) > 0 || s.Unasked != nil && !s.weak && s.Why != ""
}

// says is the suspicion on one line.
func (s *suspicion) says() string {
	switch {
	case len(s.Unknown) == 0:
		return fmt.Sprintf("%s, and whether Coupa has files that it does not know cannot be seen: %s", s.Why, said(s.Unasked))
	case s.Unasked != nil:
		return fmt.Sprintf("%s, and %s not in it: %s; there may be more, since Coupa's list of loads cannot be asked: %s",
			s.Why, isOrAre(len(s.Unknown)), someOf(s.Unknown), said(s.Unasked))
	}
	return fmt.Sprintf("%s, and Coupa has %s named as ours of the last 7 days that it does not know: %s", s.Why, plural(len(s.Unknown), "file"), someOf(s.Unknown))
}

func isOrAre(n int) string {
	if n == 1 {
		return "1 part that was sent in the last 7 days is"
	}
	return fmt.Sprintf("%d parts that were sent in the last 7 days are", n)
}

func someOf(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// trust decides whether a start may go on with its ledger. done is its report where it may not, or where that was all
// that was asked for.
func (j *job) trust(ctx context.Context, pipe *pipeline, o runOptions) (done *export.Report, err error) {
	if j.env.apart {
		return nil, nil
	}
	s, err := suspect(ctx, j.cfg, j.ledger, j.wires.lists, j.env.now(), false)
	if err != nil {
		return nil, err
	}
	accepted := o.adopt || o.newLedger
	if s.grave() && !accepted {
		if j.cfg.HoldUnknown {
			return j.distrusted(s)
		}
		j.env.log.Warn(s.says() + "; was the ledger lost, restored or copied? What it does not know is sent again (docs/operations.md, A lost ledger)")
		if len(s.Unknown) > 0 {
			j.unknown, j.teller.unknown = s.Unknown, []string{s.says()}
		}
	}
	j.marked = true
	if err := j.alreadySent(s.sent); err != nil {
		return nil, err
	}
	if !accepted {
		return nil, nil
	}
	return j.accept(pipe, o, s)
}

// distrusted is the report of a start that sends nothing because of its ledger.
func (j *job) distrusted(s *suspicion) (*export.Report, error) {
	if not := (*export.NotDeliveredError)(nil); len(s.Unknown) == 0 && errors.As(s.Unasked, &not) {
		return nil, s.Unasked
	}
	rep := emptyReport("unknown files", j.env.now().UTC())
	rep.Exit, rep.UnknownFiles = export.ExitHeld, s.Unknown
	rep.Why = "nothing is sent (ledger_unknown: hold): " + s.says()
	j.teller.unknown = []string{s.says()}
	return rep, nil
}

// afterDistrust is what to do about it.
var afterDistrust = []string{
	"if the ledger was lost, restored or copied: put the newest one back, or hr2coupa run --adopt, which marks the feed files of this start as seen and sends nothing of them",
	"if the ledger is new, or others have sent these: hr2coupa run --new-ledger, which sends all that the ledger does not know",
}

// alreadySent moves on parts that the ledger takes for unsent and that Coupa has: the ledger is older than their sending.
func (j *job) alreadySent(sent map[string]bool) error {
	parts, err := j.ledger.Unfinished()
	if err != nil {
		return err
	}
	for _, p := range parts {
		if p.Route != export.ByCSV || !sent[p.Name] || p.State != export.Planned && p.State != export.Staged {
			continue
		}
		p.Note = "it was sent already, says Coupa or the mark beside the config"
		j.env.log.WithField("part", p.Name).Warn(p.Note + "; it is not sent again")
		for _, next := range []export.PartState{export.Renaming, export.Delivered} {
			if p.State = next; next == export.Delivered {
				p.Sent = j.env.now()
			}
			if err := j.ledger.Move(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// accept writes a person's word about the ledger down, so that no later start asks again. done is the report of --adopt.
func (j *job) accept(pipe *pipeline, o runOptions, s *suspicion) (done *export.Report, err error) {
	started := j.env.now().UTC()
	if !o.adopt {
		id, err := j.blank("new ledger", nil, started)
		if err == nil {
			j.env.log.WithField("run", id).Infof("the ledger is taken as it is; unknown to it: %s", plural(len(s.Unknown), "file"))
		}
		return nil, err
	}
	var files []export.FeedFile
	fresh, _, err := j.feed(pipe, runOptions{files: o.files}, started)
	if err != nil {
		return nil, err
	}
	if fresh != nil {
		files = fresh.Files()
	}
	rep := emptyReport("adopted", started)
	rep.Files, rep.UnknownFiles, rep.Why = files, s.Unknown, adopted(files)
	rep.Run, err = j.blank(rep.Verdict, files, started)
	return rep, err
}

// blank records a run that has seen files and has no records.
func (j *job) blank(verdict string, files []export.FeedFile, started time.Time) (id string, err error) {
	rec := export.RunRecord{Command: j.command, Started: started, State: export.RunEnded, Verdict: verdict}
	if rec.ID, err = j.ledger.BeginRun(rec); err != nil {
		return "", err
	}
	tx, err := j.ledger.Plan(rec.ID)
	if err != nil {
		return "", err
	}
	if err := tx.Commit(export.PlanSum{Files: files, Beside: true}); err != nil {
		return "", err
	}
	rec.Ended = j.env.now().UTC()
	return rec.ID, j.ledger.EndRun(rec)
}

func adopted(files []export.FeedFile) string {
	if len(files) == 0 {
		return "no file of the feed is new; nothing was to be marked"
	}
	lines := []string{"marked as seen, nothing of them is sent:"}
	for _, f := range files {
		lines = append(lines, "  "+export.Plain(f.Name))
	}
	return strings.Join(lines, "\n")
}

// keepMark writes how far the ledger has come. That it cannot be written breaks no run; doctor tells.
func (j *job) keepMark() {
	if !j.marked {
		return
	}
	water, err := j.past.Water(j.env.now().Add(-remembered))
	if err == nil {
		err = writeMark(j.cfg, water, j.env.now())
	}
	if err != nil {
		j.env.log.Debugf("how far the ledger has come is not written down beside the config: %v", err)
	}
}
