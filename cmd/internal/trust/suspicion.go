package trust

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

// listed is how far back Coupa's list of loads is read.
const listed = 7 * 24 * time.Hour

// Suspicion is what speaks against a ledger.
type Suspicion struct {
	Why     string // why it was looked for; "" where nothing gave cause
	Unknown []string
	Unasked error // why Coupa's list could not be read; nil if it was read or not needed

	Gone bool            // the mark is ahead of the ledger
	weak bool            // the cause alone, without unknown files, is no reason to stop
	Sent map[string]bool // parts that Coupa or the mark has, known or not

	since time.Time // what was sent before is not checked
	marks markSet
}

// FromMarks compares a ledger with the marks beside its config alone.
func FromMarks(cfg *config.Config, l wiring.History, now time.Time) (*Suspicion, error) {
	since := now.Add(-min(listed, cfg.Retention.History)) // names before that are pruned
	water, err := l.Water(since)
	if err != nil {
		return nil, err
	}
	s := &Suspicion{Sent: map[string]bool{}, since: since, marks: ReadMarks(cfg)}
	var names []string
	if s.marks.own != nil {
		names = younger(s.marks.own.Sent, since)
	}
	for _, name := range names {
		s.Sent[name] = true
	}
	if s.Unknown, err = l.Unknown(names); err != nil {
		return nil, err
	}
	s.cause(cfg, water)
	return s, nil
}

// Suspect looks for parts that were sent and that the ledger does not know. It does so if always is set, or if the ledger is
// empty, is behind its mark or has no mark yet.
func Suspect(ctx context.Context, cfg *config.Config, l wiring.History, lists []wiring.Lister, now time.Time, always bool) (*Suspicion, error) {
	s, err := FromMarks(cfg, l, now)
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
		s.Sent[name] = true
	}
	inCoupa = slices.DeleteFunc(inCoupa, func(name string) bool { return known[name] || slices.Contains(s.Unknown, name) })
	more, err := l.Unknown(inCoupa)
	s.Unknown = append(s.Unknown, more...)
	slices.Sort(s.Unknown)
	return s, err
}

// cause finds why the ledger is to be checked.
func (s *Suspicion) cause(cfg *config.Config, w export.Water) {
	own := s.marks.own
	switch {
	case !w.Planned:
		s.Why = "the ledger is empty"
	case own != nil && (w.Runs < own.Runs || w.Parts < own.Parts):
		s.Gone = true
		s.Why = fmt.Sprintf("the ledger has gone back: on %s it had run %d and part %d, and now its last ones are %d and %d",
			own.At.Format(time.RFC3339), own.Runs, own.Parts, w.Runs, w.Parts)
	case len(s.Unknown) > 0:
		s.Gone = true
		s.Why = fmt.Sprintf("this is not the ledger of %s: it does not know what that one had sent", own.At.Format(time.RFC3339))
	case own == nil && CanMark(cfg) == nil:
		s.Why, s.weak = "beside the config there is no mark that says how far the ledger had come", true
	}
}

// younger leaves out parts that were planned before a time or in the same second: a part's name has no more than seconds.
func younger(names []string, since time.Time) []string {
	last := "Users_" + since.UTC().Format("20060102T150405Z")
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return export.PartNameIn(n) == "" || n[:len(last)] <= last })
}

// partsInCoupa returns the parts that Coupa has loaded, of any ledger, from the first list that can be read.
func partsInCoupa(ctx context.Context, lists []wiring.Lister, since time.Time) ([]string, error) {
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

// othersSent returns the parts of other ledgers that write into the same instance, by their marks. It leaves out a mark that
// shares a part with this ledger: one of the two is a copy of the other.
func othersSent(l wiring.History, others []*mark) (map[string]bool, error) {
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

// Grave reports whether a start that must be sure would stop.
func (s *Suspicion) Grave() bool {
	return len(s.Unknown) > 0 || s.Unasked != nil && !s.weak && s.Why != ""
}

// Says returns the suspicion on one line.
func (s *Suspicion) Says() string {
	switch {
	case len(s.Unknown) == 0:
		return fmt.Sprintf("%s, and Coupa's list of loads, which would show files that it does not know, cannot be read: %s", s.Why, exit.Said(s.Unasked))
	case s.Unasked != nil:
		return fmt.Sprintf("%s, and %s not in it: %s; there may be more, since Coupa's list of loads cannot be read: %s",
			s.Why, words.IsOrAre(len(s.Unknown)), words.SomeOf(s.Unknown), exit.Said(s.Unasked))
	}
	return fmt.Sprintf("%s, and Coupa has %s of the last 7 days that it does not know: %s", s.Why, export.Plural(len(s.Unknown), "hr2coupa file"), words.SomeOf(s.Unknown))
}

// Err returns what Says returns, with hints if Coupa's list could not be read.
func (s *Suspicion) Err() error { return export.WithHintsOf(errors.New(s.Says()), s.Unasked) }

// WhatToDo is what a person can do about a suspicion.
const WhatToDo = "restore the newest ledger, or run hr2coupa run --adopt (the feed files count as seen) or hr2coupa run --new-ledger (what is unknown is sent); hr2coupa state rebuild learns from Coupa what is there"
