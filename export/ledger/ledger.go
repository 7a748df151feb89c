// Package ledger defines the durable state of hr2coupa: runs, parts and their moves, rows and their outcomes, the feed
// files seen, what waits for the next plan, and which notices are due. It holds everything that is not SQL: the
// contract that every backend keeps, the facts that a ledger returns, the spool with the bytes of every part, and the
// lock that keeps a second run out. Package sqlite is the backend, and ledgertest is the suite that each backend has to
// pass.
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
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/pseudonym"
)

// Ledger is everything that a backend offers. A caller asks for less, in an interface of its own. Every call that
// writes is durable when it returns. Where it fails or the program ends in it, either all of it has happened or
// nothing. A call that reads sees one moment. The methods may be called from several goroutines, and several programs
// may have the same ledger open; only the one that has the lock should write.
type Ledger interface {
	export.Ledger
	export.VerifyLedger
	Past
	Next
	Approvals
	Outbox
	People
	Memory
	Care

	// Busy reports whether a run holds the lock now. It changes nothing.
	Busy() (bool, error)
	// Lock takes the run lock and waits only for a moment. holder is a line that names its holder to a person. Where
	// another run has the lock, the error is an *export.LockedError with that run's line. The lock is released when the
	// program ends, however it ends; unlock releases it earlier and may be called more than once.
	Lock(holder string) (unlock func() error, err error)
	// Close rolls an open plan back and closes the ledger. It does not release the run lock.
	Close() error
}

// Past answers what has happened: runs, parts, rows, files.
type Past interface {
	// Runs returns the last runs, newest first, at most limit of them.
	Runs(limit int) ([]export.RunRecord, error)
	// Working returns the runs whose end is not recorded, newest first: those that have begun and not ended, and those that
	// ended with an open part.
	Working() ([]export.RunRecord, error)
	// RunsSince returns the runs that began or ended after a time, newest first.
	RunsSince(t time.Time) ([]export.RunRecord, error)
	// SeenAt returns the last feed file that a committed plan read from that path.
	SeenAt(path string) (f export.SeenFile, ok bool, err error)
	// Moves returns the recorded moves of a part, oldest first.
	Moves(part int64) ([]Move, error)
	// Taken calls f for each row of a run that Coupa has taken, applied or drifted, with its Change as far as that is kept.
	// An error of f ends the loop and is returned unchanged. f may call the ledger.
	Taken(run string, f func(export.RowResult) error) error
	// Overridden returns the cells of a run that are not HR's, by an override of the config: a fault for each row and column, which
	// says where the override stood.
	Overridden(run string) ([]export.Fault, error)
	// SentSince returns the keys of the people for whom a later run than run has a row in a part.
	SentSince(run string) (map[string]bool, error)
	// OvertakenSince returns the keys of the people for whom something newer than a file has gone: since the bytes were
	// first planned under that name, another file had a row of theirs in a part, or one that was as Coupa has it. A person
	// in several files of one run counts for the last of them.
	OvertakenSince(name, sha256 string) (map[string]bool, error)
	// Story returns every row of the people with these keys, newest run first, for at most so many runs (below 0: for
	// all); more is how many runs were left out.
	Story(keys []string, runs int) (story []Episode, more int, err error)
	// Unfilled returns every person with lists that a call has emptied and no read has shown filled since, oldest
	// first.
	Unfilled() ([]export.Unfilled, error)
	// Water returns how far the ledger has come, and which parts left since a time. Its numbers never go back.
	Water(since time.Time) (export.Water, error)
	// Unknown returns, in their order, the names that no part of the ledger has.
	Unknown(names []string) ([]string, error)
	// Ahead returns the records with a time in the future.
	Ahead(now time.Time) (Ahead, error)
}

// Next answers what the next plan depends on.
type Next interface {
	// Known returns the login and the status last sent for every person the ledger knows, by the person's key.
	Known() (*baseline.KnownPeople, error)
	// Waiting returns the people who have a row in a part without a verdict.
	Waiting() (*baseline.Waiting, error)
	// Kept returns the records that the last plan kept, with their bytes checked; ok is false where there are none.
	Kept() (k *Kept, ok bool, err error)
	// Dated returns the records that wait for their day, in the order in which plans have read them.
	Dated() ([]export.DatedRecord, error)
	// GiveUp gives up the records that a run keeps: they are not planned again. ok is false where it keeps none.
	GiveUp(run, by string) (ok bool, err error)
	// LastFeed returns the number of records in the last feed that was planned and not held; 0 where there was none.
	LastFeed() (records int, err error)
	// Committed calls f for each row that runs planned since a time have committed to be sent, in the order of the runs,
	// where it would change its person in one of kinds; 0: for each. Rows that were rejected, held back or found unchanged
	// are not among them. A person may come more than once. f must not call the ledger.
	Committed(since time.Time, kinds export.ChangeKinds, f func(run, key string, kinds export.ChangeKinds, names []string)) error
	// LineEnds returns the files of every whole feed that was planned and not held, oldest first, where it is known how
	// their last line ended.
	LineEnds() ([]export.FeedFile, error)
	// PlannedFiles returns the last feed file that was planned under each name, in the order of their plans, with the time
	// at which it was changed. Where that was not recorded, it is the time of its plan; for pruned files it may be unknown.
	PlannedFiles() ([]export.FeedFile, error)
	// LateFiles returns the files that were passed over because newer ones were planned before them, by name.
	LateFiles() ([]export.LateFile, error)
	// Roll returns whom snapshots of everybody have had so far.
	Roll() (*Roll, error)
	// MissingSince returns since when a person is missing in the snapshots, and in how many that count; the zero time and 0 for
	// who is there, or was in none.
	MissingSince(key string) (since time.Time, missed int, err error)
	// PassOver records files as late. One that is recorded already stays as it is.
	PassOver([]export.LateFile) error
}

// Approvals holds the approvals that let a held run go on.
type Approvals interface {
	// Approve records that a person lets a held run go on, up to the given ceilings and until the approval expires.
	Approve(export.Approval) error
	// Approvals returns the approvals that count now, oldest first.
	Approvals(now time.Time) ([]export.Approval, error)
	// ApprovalsOf returns every approval of a run, used, expired or not, oldest first.
	ApprovalsOf(run string) ([]export.Approval, error)
	// UsedBy returns the approvals that a run has used up.
	UsedBy(run string) ([]export.Approval, error)
	// Planners returns who has planned a run and the runs whose records it has taken up, oldest first: the zero Operator for
	// a run of an earlier version.
	Planners(run string) ([]export.Operator, error)
}

// Outbox holds incidents and the notices that have to be sent.
type Outbox interface {
	// Incidents returns the open incidents, oldest first.
	Incidents() ([]export.Incident, error)
	// RecordIncidents records, in one step, how incidents stand (begun, gone on, ended) and the notices about them.
	RecordIncidents(incidents []export.Incident, notices []export.Notice) error
	// Due returns the notices that were neither sent nor given up, oldest first.
	Due() ([]export.Notice, error)
	// Sent records that a notice was sent.
	Sent(id int64) error
	// NotSent records why an attempt failed; the notice stays due.
	NotSent(id int64, why string) error
	// GiveUpNotice takes a notice that can never be sent out of the outbox and records why.
	GiveUpNotice(id int64, why string) error
}

// People answers whom the ledger knows and how logs name them.
type People interface {
	// People returns how many people the ledger knows: those for whom a row was applied.
	People() (int, error)
	// Logins calls f with every login that a row or a person of the ledger has, some of them more than once.
	Logins(f func(login string)) error
	// KeysOf returns the keys of the people for whom a row had that login, in order. Case does not count.
	KeysOf(login string) ([]string, error)
	// KeysLike returns the keys of rows that differ from a key in the case of ASCII letters at most, in order.
	KeysLike(key string) ([]string, error)
	// Pseudonyms returns how logs name the people of this ledger: the same for as long as it lives, in a backup too.
	Pseudonyms() (pseudonym.Pseudonyms, error)
	// KeysBehind returns the keys of the people with that pseudonym, in order.
	KeysBehind(name string) ([]string, error)
}

// Memory holds what was last confirmed of people, as keyed hashes. A hash in it is never that of a value that Coupa may no
// longer hold because of a row of this ledger: what a row carries is unknown from the moment it is settled or answered until
// it is confirmed. Until then its person waits, and no plan is made for them.
type Memory interface {
	// Baselines returns what was last confirmed of everyone.
	Baselines() (*baseline.Store, error)
	// BaselinesOf returns what was last confirmed of the people with these keys.
	BaselinesOf(keys []string) (*baseline.Store, error)
	// Sightings returns what plans have last seen Coupa hold of the people with these keys as their rows said it, before it was
	// sent. Whoever was never seen so is not in it.
	Sightings(keys []string) (map[string]Sighting, error)
	// ForgetBaselines makes everything unknown.
	ForgetBaselines() error
	// KeyMark returns the mark of the key that the hashes are made with; "" where no key was used yet.
	KeyMark() (string, error)
	// NewKey makes everything unknown and records the mark of the key that hashes are made with from now on, and who says
	// so.
	NewKey(mark, by string) error
}

// Care keeps a ledger small, backed up, and free of people who have to be forgotten.
type Care interface {
	// Sweep removes spool files of plans that were never committed and returns how many. It needs the run lock.
	Sweep() (removed int, err error)
	// Prune removes what is older than r allows. It needs the run lock, except for a dry run, which only counts.
	Prune(r Retention, dry bool) (Pruned, error)
	// Forget removes every value of the person with that key. It needs the run lock. It changes nothing and returns a
	// *NotFinalError where a part that is not final holds or names the person, a *KeptError where kept records do, and
	// an *UnfilledError where a call has emptied lists of theirs.
	Forget(key string) (Forgotten, error)
	// Backup copies the ledger as it stands at one moment into a new folder, which is a ledger itself.
	Backup(dir string) (Copied, error)
}
