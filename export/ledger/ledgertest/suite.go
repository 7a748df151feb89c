// Package ledgertest is the suite that every backend of a ledger has to pass. Its stories use only the contract
// (package ledger). They also end the program at every step of every call that writes.
//
// A backend's tests begin with Main, and one of them is Run. What is special to a backend, such as its migrations and
// damage to its database, is tested in its own package.
package ledgertest

import (
	"slices"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Opener opens the ledgers of one backend.
type Opener interface {
	// Open opens the ledger at a place and creates it where it does not exist.
	Open(Place) (ledger.Ledger, error)
	// Check checks that the ledger in a folder is consistent.
	Check(dir string) (*ledger.Checked, error)
}

// Thinned is an Opener that has the program ended at every n-th step of a call only, for a run where a step takes long.
type Thinned interface{ EveryStep() int }

// everyStep is at how many steps one is played.
func everyStep(o Opener) int {
	if thinned, ok := o.(Thinned); ok {
		return thinned.EveryStep()
	}
	return 1
}

// Place is the folder of a ledger, its clock, and the blow that may end a program that has it open.
type Place struct {
	Dir string // also names the ledger where its rows are stored elsewhere
	Now func() time.Time
	// Blow may end the program. A backend calls its Step before every change that survives the program: a row that is
	// written, a file that is made, renamed, removed or synced. Where Step returns an error, the change may not be made;
	// once the program has ended, no further one. Close is then the program's end: it repairs nothing, and what was not
	// durable is lost. Disk does this for files. A nil Blow never falls.
	Blow *Blow
}

// Story is one rule that every ledger follows, and its test.
type Story struct {
	Name string
	run  func(*world)
}

// Run runs the story against a backend.
func (s Story) Run(t testing.TB, o Opener) {
	t.Helper()
	s.run(newWorld(t, o))
}

// Stories returns all stories of the suite.
func Stories() []Story {
	return slices.Concat(lockStories, runStories, planStories, spoolStories, moveStories, settleStories, keptStories, fileStories,
		writeStories, outboxStories, peopleStories, memoryStories, careStories, forgetStories, crashStories())
}

// Run runs every story against a backend.
func Run(t *testing.T, o Opener) {
	for _, s := range Stories() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			s.Run(t, o)
		})
	}
}
