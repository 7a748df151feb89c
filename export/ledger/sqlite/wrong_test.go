package sqlite

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
	"github.com/hr2coupa/hr2coupa/export/pseudonym"
)

// TestSuiteSeesWhatIsWrong: the suite finds the fault of each of these backends, which are wrong in one way each.
func TestSuiteSeesWhatIsWrong(t *testing.T) {
	for _, test := range []struct {
		name    string
		backend ledgertest.Opener
		story   string
		says    string // must be in one of the faults found
	}{
		{"loses a move", wrong(func(l ledger.Ledger) ledger.Ledger { return losesMove{l} }), "moves record facts and history", "moves (-want +got)"},
		{"keeps half of a plan", halfPlans{}, "crash/Plan", "half of the call is there"},
		{"takes no steps", stepless{}, "crash/Move", "takes no steps"},
		{"settles later", late{}, "crash/Settle", "once the call had said that it is done"},
		{"syncs no bytes", backend{deafFile: true}, "crash/Plan", "was written with"},
		{"syncs no folder", backend{deafDir: true}, "crash/Plan", "no such file"},
		{"does not sync the ledger's own folder", backend{deafDir: true}, "crash/BeginRun", "once the call had said that it is done"},
		{"gives the lock to two", wrong(func(l ledger.Ledger) ledger.Ledger { return sharesLock{l} }), "lock", "want a LockedError"},
		{"gives an id twice", wrong(func(l ledger.Ledger) ledger.Ledger { return sameID{l} }), "runs", "ids (-want +got)"},
		{"takes every file for new", wrong(func(l ledger.Ledger) ledger.Ledger { return seesNothing{l} }), "seen", "seen false"},
		{"loses a verdict", wrong(func(l ledger.Ledger) ledger.Ledger { return losesVerdict{l} }), "settle", "rows (-want +got)"},
		{"loses what was read back", wrong(func(l ledger.Ledger) ledger.Ledger { return losesReadBack{l} }), "verified", `"drifted"`},
		{"takes a second answer", wrong(func(l ledger.Ledger) ledger.Ledger { return takesAnswers{l} }), "writes", "has its answer already"},
		{"uses no approval up", wrong(func(l ledger.Ledger) ledger.Ledger { return keepsApprovals{l} }), "kept is taken up", "still counts"},
		{"sends a notice twice", wrong(func(l ledger.Ledger) ledger.Ledger { return sendsTwice{l} }), "outbox", "due"},
		{"calls people otherwise each time", wrong(func(l ledger.Ledger) ledger.Ledger { return renames{l} }), "pseudonyms", "opened again"},
		{"forgets nobody", wrong(func(l ledger.Ledger) ledger.Ledger { return forgetsNobody{l} }), "forget", "left: "},
		{"prunes without the lock", wrong(func(l ledger.Ledger) ledger.Ledger { return prunesAnyway{l} }), "prune needs the lock", "no error"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			found := strings.Join(ledgertest.Faults(t, test.story, test.backend), "\n")
			if !strings.Contains(found, test.says) {
				t.Errorf("the story %q finds %q, want %q in it", test.story, found, test.says)
			}
		})
	}
}

// wrong opens ledgers with a change that makes them wrong.
type wrong func(ledger.Ledger) ledger.Ledger

func (w wrong) Open(p ledgertest.Place) (ledger.Ledger, error) {
	l, err := backend{}.Open(p)
	if err != nil {
		return nil, err
	}
	return w(l), nil
}

func (wrong) Check(dir string) (*ledger.Checked, error) { return backend{}.Check(dir) }

type losesMove struct{ ledger.Ledger }

func (l losesMove) Move(p export.Part) error {
	if p.State == export.Delivered && p.LoadID != "" {
		return nil
	}
	return l.Ledger.Move(p)
}

// stepless opens ledgers that never call a step.
type stepless struct{ backend }

func (s stepless) Open(p ledgertest.Place) (ledger.Ledger, error) {
	p.Blow = nil
	return s.backend.Open(p)
}

// late opens ledgers that settle later.
type late struct{ backend }

func (late) Open(p ledgertest.Place) (ledger.Ledger, error) {
	l, err := backend{}.Open(p)
	if err != nil {
		return nil, err
	}
	return &settlesLater{Ledger: l, blow: p.Blow}, nil
}

// settlesLater records a verdict only at the next call, or when it is closed in order.
type settlesLater struct {
	ledger.Ledger
	blow *ledgertest.Blow
	due  func() error
}

func (l *settlesLater) Settle(p export.Part, rest export.Outcome, results []export.RowResult) error {
	l.due = func() error { return l.Ledger.Settle(p, rest, results) }
	return nil
}

func (l *settlesLater) settle() error {
	due := l.due
	if l.due = nil; due == nil || l.blow.Fallen() {
		return nil
	}
	return due()
}

func (l *settlesLater) Runs(limit int) ([]export.RunRecord, error) {
	if err := l.settle(); err != nil {
		return nil, err
	}
	return l.Ledger.Runs(limit)
}

func (l *settlesLater) Close() error {
	if err := l.settle(); err != nil {
		return err
	}
	return l.Ledger.Close()
}

// halfPlans commits the unfinished plan when the program ends in it.
type halfPlans struct{ backend }

func (halfPlans) Open(p ledgertest.Place) (ledger.Ledger, error) {
	blow := p.Blow
	p.Blow = nil
	l, err := backend{}.Open(p)
	if err != nil {
		return nil, err
	}
	return halfPlanner{l, blow}, nil
}

type halfPlanner struct {
	ledger.Ledger
	blow *ledgertest.Blow
}

func (l halfPlanner) Plan(run string) (export.PlanTx, error) {
	tx, err := l.Ledger.Plan(run)
	return halfPlan{tx, l.blow}, err
}

type halfPlan struct {
	export.PlanTx
	blow *ledgertest.Blow
}

func (t halfPlan) AddRow(r export.RowResult) error {
	if err := t.blow.Step(); err != nil {
		_ = t.Commit(export.PlanSum{}) // commits whatever is there; a second call is refused
		return err
	}
	return t.PlanTx.AddRow(r)
}

type sharesLock struct{ ledger.Ledger }

func (l sharesLock) Lock(holder string) (func() error, error) {
	unlock, err := l.Ledger.Lock(holder)
	if err != nil {
		return func() error { return nil }, nil
	}
	return unlock, nil
}

type sameID struct{ ledger.Ledger }

func (l sameID) BeginRun(r export.RunRecord) (export.RunRecord, error) {
	begun, err := l.Ledger.BeginRun(r)
	begun.ID = export.RunID(r.Started)
	return begun, err
}

type seesNothing struct{ ledger.Ledger }

func (seesNothing) Seen(string) (f export.SeenFile, ok bool, err error) { return f, false, nil }

type losesVerdict struct{ ledger.Ledger }

func (l losesVerdict) Settle(p export.Part, rest export.Outcome, results []export.RowResult) error {
	return l.Ledger.Settle(p, rest, results[:len(results)/2])
}

type losesReadBack struct{ ledger.Ledger }

func (l losesReadBack) Verified(p export.Part, _ []export.RowResult) error {
	return l.Ledger.Verified(p, nil)
}

type takesAnswers struct{ ledger.Ledger }

func (l takesAnswers) EndWrite(w export.Write, r export.RowResult) error {
	_ = l.Ledger.EndWrite(w, r)
	return nil
}

type keepsApprovals struct{ ledger.Ledger }

func (l keepsApprovals) Approvals(time.Time) (all []export.Approval, err error) {
	runs, err := l.Runs(100)
	for _, r := range runs {
		of, ofErr := l.ApprovalsOf(r.ID)
		all, err = append(all, of...), errors.Join(err, ofErr)
	}
	return all, err
}

type sendsTwice struct{ ledger.Ledger }

func (sendsTwice) Sent(int64) error { return nil }

type renames struct{ ledger.Ledger }

func (renames) Pseudonyms() (pseudonym.Pseudonyms, error) {
	key := make([]byte, 32)
	_, err := rand.Read(key)
	return pseudonym.NewPseudonyms(key), err
}

type forgetsNobody struct{ ledger.Ledger }

func (forgetsNobody) Forget(string) (ledger.Forgotten, error) { return ledger.Forgotten{}, nil }

type prunesAnyway struct{ ledger.Ledger }

func (l prunesAnyway) Prune(r ledger.Retention, _ bool) (ledger.Pruned, error) {
	return l.Ledger.Prune(r, true)
}
