// Package ledger says what the durable state of hr2coupa is: runs, parts and their moves, rows and their outcomes, the
// feed files seen, what waits for the next plan, who is told of what. It has all of it that is no SQL: the contract that
// every backend keeps, the facts that a ledger returns, the spool with the bytes of every part, the lock that keeps a
// second run away. Package sqlite is the backend, and ledgertest is the suite that each backend has to pass.
//
// A ledger is one folder on a local disk:
//
//	ledger.db   the database, the backend's own, with the files beside it
//	spool/      <part id>.csv, the bytes of each part; <id>.kept.jsonl, records that wait for the next plan
//	lock        held by the run at work, with a line that says who that is
//
// It holds personal data: folders are 0700, files 0600, and anything looser is refused.
package ledger

import (
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// Ledger is all that a backend gives. Whoever uses a ledger asks for less of it, in an interface of their own. Every call
// that writes is durable when it returns, and where it fails or the program ends in it, all of it has happened or
// nothing. A call that reads sees one moment. The methods may be called from several goroutines, and several programs may
// have the same ledger open; only the one that has the lock should write.
type Ledger interface {
	export.Ledger
	export.VerifyLedger
	Past
	Next
	Approvals
	Outbox
	People
	Care

	// Busy reports whether a run holds the lock now. It changes nothing.
	Busy() (bool, error)
	// Lock takes the run lock, all but without waiting. holder is a line that tells a person who has it. Where another
	// run has the lock the error is an *export.LockedError with that run's line. The lock is given up when the program
	// ends, however it ends; unlock gives it up earlier and may be called more than once.
	Lock(holder string) (unlock func() error, err error)
	// Close rolls an open plan back and closes the ledger. It does not give up the run lock.
	Close() error
}

// Past is what happened: runs, parts, rows, files.
type Past interface {
	// Runs returns the last runs, newest first, at most limit of them.
	Runs(limit int) ([]export.RunRecord, error)
	// Working returns the runs that have begun and have not come to an end, newest first.
	Working() ([]export.RunRecord, error)
	// RunsSince returns the runs that began or ended after a time, newest first.
	RunsSince(t time.Time) ([]export.RunRecord, error)
	// SeenAt returns the last feed file that a committed plan read from that path.
	SeenAt(path string) (f export.SeenFile, ok bool, err error)
	// Moves returns the recorded moves of a part, oldest first.
	Moves(part int64) ([]Move, error)
	// Problems returns the first limit rows of a run, by file name and line, that ended quarantined, rejected or drifted.
	Problems(run string, limit int) ([]export.RowResult, error)
	// SentSince returns the keys of the people for whom a later run than run has a row in a part.
	SentSince(run string) (map[string]bool, error)
	// Story returns every row of the people with these keys, newest run first, for at most so many runs (below 0: for
	// all); more is how many runs were left out.
	Story(keys []string, runs int) (story []Episode, more int, err error)
	// Unfilled returns every person of whom a call has emptied lists that nobody has seen filled since, oldest first.
	Unfilled() ([]export.Unfilled, error)
	// Water returns how far the ledger has come, and which parts left since a time. Its numbers never go back.
	Water(since time.Time) (export.Water, error)
	// Unknown returns those of the names that no part of the ledger has, in their order.
	Unknown(names []string) ([]string, error)
	// Ahead returns which recorded times are still to come.
	Ahead(now time.Time) (Ahead, error)
}

// Next is what the next plan depends on.
type Next interface {
	// Known returns the login and the status last sent for every person the ledger knows, by the person's key.
	Known() (map[string]export.Person, error)
	// Waiting returns the people who have a row in a part without a verdict.
	Waiting() (*export.Waiting, error)
	// Kept returns what the last plan has kept, its bytes checked; ok is false where nothing is.
	Kept() (k *Kept, ok bool, err error)
	// GiveUp ends what a run has kept: its records are not planned again. ok is false where it keeps nothing.
	GiveUp(run, by string) (ok bool, err error)
	// LastFeed returns how many records the last feed had that was planned and not held; 0 where there was none.
	LastFeed() (records int, err error)
	// LineEnds returns the files of every whole feed that was planned and not held, oldest first, as far as it is known
	// how their last line ended.
	LineEnds() ([]export.FeedFile, error)
}

// Approvals are the words of persons that let a held run go.
type Approvals interface {
	// Approve records a person's word that a held run may go up to the given ceilings until it expires.
	Approve(export.Approval) error
	// Approvals returns those that count now, oldest first.
	Approvals(now time.Time) ([]export.Approval, error)
	// ApprovalsOf returns every approval of a run, oldest first, whatever became of it.
	ApprovalsOf(run string) ([]export.Approval, error)
	// UsedBy returns the approvals that a run has used up.
	UsedBy(run string) ([]export.Approval, error)
}

// Outbox has what somebody has to be told.
type Outbox interface {
	// Incidents returns those that are open, oldest first.
	Incidents() ([]export.Incident, error)
	// Tell records at once how incidents stand (begun, gone on, ended) and the notices that say so.
	Tell(incidents []export.Incident, notices []export.Notice) error
	// Due returns the notices that were neither sent nor given up, oldest first.
	Due() ([]export.Notice, error)
	// Sent records that a notice was sent.
	Sent(id int64) error
	// NotSent records why an attempt failed; the notice stays due.
	NotSent(id int64, why string) error
	// GiveUpNotice takes a notice out of the outbox that can never be sent, and says why.
	GiveUpNotice(id int64, why string) error
}

// People are those the ledger knows, and how they are named.
type People interface {
	// People returns how many people the ledger knows: those for whom a row was applied.
	People() (int, error)
	// Logins calls f with every login that a row or a person of the ledger has, some of them more than once.
	Logins(f func(login string)) error
	// KeysOf returns the keys of the people for whom a row had that login, in order. Case does not count.
	KeysOf(login string) ([]string, error)
	// Pseudonyms returns how logs name the people of this ledger: the same for as long as it lives, in a backup too.
	Pseudonyms() (export.Pseudonyms, error)
	// KeysBehind returns the keys of the people with that pseudonym, in order.
	KeysBehind(pseudonym string) ([]string, error)
}

// Care keeps a ledger small, copied, and free of people who are to be forgotten.
type Care interface {
	// Sweep removes spool files of plans that never got committed and returns how many. It needs the run lock.
	Sweep() (removed int, err error)
	// Prune takes away what is older than r says. It needs the run lock unless it is a dry run, which only tells.
	Prune(r Retention, dry bool) (Pruned, error)
	// Forget removes every value of the person with that key. It needs the run lock. Where a part that is not final holds
	// or names the person the error is a *NotFinalError, where kept records do a *KeptError, where a call has emptied
	// their lists an *UnfilledError, and nothing has changed.
	Forget(key string) (Forgotten, error)
	// Backup copies the ledger as it stands at one moment into a new folder, which is a ledger itself.
	Backup(dir string) (Copied, error)
}
