package settle

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/export/howfar"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// OperatorWord is a person's decision about a part, with the people whose lists the part has left empty.
type OperatorWord struct {
	Env     *wiring.Env
	part    export.Part
	Outcome export.Outcome
	By      string
	Given   string // By, and who has started the program: what the ledger records of the decision
	people  []export.Unfilled
	ledger  wiring.Store
}

// find finds the part: one that waits for a decision, or a settled one that has left lists empty.
func (s *OperatorWord) find(name string) (err error) {
	if s.people, err = s.ledger.Unfilled(); err != nil {
		return err
	}
	s.people = slices.DeleteFunc(s.people, func(u export.Unfilled) bool { return u.Part != name })
	if len(s.people) == 0 || !s.people[0].State.Final() {
		s.part, err = unsettled(s.ledger, name)
		return err
	}
	parts, err := s.ledger.Parts(s.people[0].Run)
	for _, p := range parts {
		if p.Name == name {
			s.part = p
		}
	}
	return err
}

// settle records the decision, once no list is empty because of the part.
func (s *OperatorWord) settle(ctx context.Context, l ledger.Ledger, back bool) (err error) {
	rows := map[int]bool{}
	for _, u := range s.people {
		rows[u.PartRow] = true
	}
	switch {
	case len(rows) == 0:
	case back:
		err = s.confirmLists()
	default:
		err = s.fill(ctx, l)
	}
	if err != nil || s.part.State.Final() {
		return err
	}
	s.part.State, s.part.Verdict = export.Settled, export.VerdictByHand
	s.part.Notes = export.Noted(export.PartNote{Kind: export.NoteSettled, Outcome: s.Outcome, By: s.Given})
	results, err := s.results(rows)
	if err != nil {
		return err
	}
	return s.ledger.Settle(s.part, s.Outcome, results)
}

// writer makes the client that asks Coupa and writes to it. Of all secrets it needs the client's alone.
func (s *OperatorWord) writer(ctx context.Context, l ledger.Ledger) (*directory.Writer, error) {
	cfg, err := wiring.LedgerConfig(ctx, s.Env, config.Options{Ask: true, Route: config.RouteAPI})
	if err != nil {
		return nil, err
	}
	client, err := coupa.NewClient(wiring.WatchedCoupa(s.Env, cfg), s.Env.Log)
	if err != nil {
		return nil, err
	}
	return wiring.NewWriter(s.Env, cfg, client, s.ledger, l)
}

// fill returns an error unless all lists are filled again. If the decision is "rejected", it puts back what they held.
func (s *OperatorWord) fill(ctx context.Context, l ledger.Ledger) error {
	w, err := s.writer(ctx, l)
	if err != nil {
		return s.refuse(err)
	}
	ctx, done := s.Env.Wait(ctx, "lists that calls have emptied: people")
	defer done()
	still, unasked, err := w.Look(ctx, s.people)
	if err != nil {
		return err
	}
	s.people = still
	if unasked != nil {
		return s.refuse(unasked)
	}
	if s.Outcome == export.Rejected {
		if err := s.putBack(ctx, w); err != nil {
			return s.refuse(err)
		}
	}
	if len(s.people) > 0 {
		return s.refuse(nil)
	}
	return nil
}

func (s *OperatorWord) putBack(ctx context.Context, w *directory.Writer) (failed error) {
	var still []export.Unfilled
	for i, u := range s.people {
		howfar.Tell(ctx, i, len(s.people))
		u, err := w.PutBack(ctx, u, s.By)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if len(u.Lists) > 0 {
			still = append(still, u)
			failed = err
		} else if err != nil {
			return err
		}
	}
	s.people = still
	return failed
}

// refuse leaves the part as it is, and says what is needed.
func (s *OperatorWord) refuse(why error) error {
	if errors.Is(why, exit.ErrInterrupted) {
		return why
	}
	code := export.ExitStalled
	if why != nil && exit.Code(why) != export.ExitFault {
		code = exit.Code(why)
	}
	left := "part %s is not settled: %s without lists that its calls have emptied (hr2coupa status %s names them)"
	if s.part.State.Final() {
		left = "part %s: %s without lists that its calls have emptied (hr2coupa status %s names them)"
	}
	return &exit.Error{Code: code, Err: s.hints(errors.Join(fmt.Errorf(left, s.part.Name, words.Persons(len(s.people)), s.part.Run), why))}
}

// hints adds what fills the lists.
func (s *OperatorWord) hints(err error) error {
	if !s.part.State.Final() {
		err = export.Hint(err, "hr2coupa run goes on with these rows")
	}
	err = export.Hint(err, "hr2coupa settle %s rejected puts back what they held, by Coupa's API: it needs coupa.client_id, its secret, and the scopes %s and %s",
		s.part.Name, config.ScopeRead, config.ScopeWrite)
	return export.Hint(err, "once a person has seen in Coupa that the lists are as they should be, add --lists-back")
}

// confirmLists records that the lists are as they should be.
func (s *OperatorWord) confirmLists() error {
	for _, u := range s.people {
		filled, says := u.Stand(s.By)
		if err := s.ledger.Filled(filled, says); err != nil {
			return err
		}
	}
	return nil
}

// results returns rows without an answer of which more is known than the decision: what happened to their lists.
func (s *OperatorWord) results(rows map[int]bool) (results []export.RowResult, err error) {
	err = s.ledger.PartRows(s.part.ID, func(r export.RowResult) error {
		if !rows[r.PartRow] || r.Outcome != export.Pending || len(r.Faults) == 0 {
			return nil
		}
		r.Outcome = s.Outcome
		if s.Outcome == export.Rejected {
			r.Faults = slices.Concat(s.part.Notes.Faults(), r.Faults)
		}
		results = append(results, r)
		return nil
	})
	return results, err
}
