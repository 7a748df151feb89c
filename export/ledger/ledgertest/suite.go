// Package ledgertest is the suite that every backend of a ledger has to pass. It tells stories in the words of the
// contract (package ledger), and ends the program at every step of every call that writes.
//
// A backend's tests begin with Main, and one of them is Run. What is special to a backend, such as its migrations and
// what damages its database, is tested beside it.
package ledgertest

import (
	"slices"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Opener opens the ledgers of one backend.
type Opener interface {
	// Open opens the ledger at a place, and makes it where it is not there.
	Open(Place) (ledger.Ledger, error)
	// Check holds the ledger in a folder against itself.
	Check(dir string) (*ledger.Checked, error)
}

// Place is where a ledger lies, what time it is there, and what befalls whoever opens it.
type Place struct {
	Dir string // also the ledger's name where its rows lie elsewhere
	Now func() time.Time
	// Blow may end the program. A backend calls its Step before everything that outlives the program: a row that is
	// written, a file that is made, renamed, removed or synced. Once Step returns an error nothing may be done any more,
	// and Close is the program's end: it puts nothing right, and what was not durable is lost. Disk does this for files.
	// Nil never falls.
	Blow *Blow
}

// Story is one thing that every ledger does.
type Story struct {
	Name string
	tell func(*world)
}

// Tell holds a backend against a story.
func (s Story) Tell(t testing.TB, o Opener) {
	t.Helper()
	s.tell(newWorld(t, o))
}

// Stories are all of them.
func Stories() []Story {
	return slices.Concat(lockStories, runStories, planStories, spoolStories, moveStories, settleStories, keptStories, fileStories,
		writeStories, outboxStories, peopleStories, careStories, forgetStories, crashStories())
}

// Run holds a backend against every story.
func Run(t *testing.T, o Opener) {
	for _, s := range Stories() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			s.Tell(t, o)
		})
	}
}
