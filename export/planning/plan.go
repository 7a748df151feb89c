package planning

import (
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
)

// Planner turns a feed into parts. It is pure: the same feed, mapping, sheet, known people and start time always yield
// the same bytes under the same names.
//
// It maps, checks and encodes on every core, in one pass where possible. At the same time a survey looks for people
// with several records, values that must be unique, and rows that have to wait for others. Where it finds some, the
// result is discarded and built again with the findings (and before that the feed is read once more where two people
// may claim one login, e-mail ...). Memory does not grow with the values in the feed, only by a few machine words a
// record.
type Planner struct {
	Feed    export.Feed
	Mapping export.Mapping
	Sheet   export.Sheet
	Key     string         // the feed's field that names the person
	Several export.Several // the rule for several records of one person
	// Where reports whether the mapping's condition decides if the records of a file are left out; nil: there is no condition.
	Where func(file string) bool
	// Leaves is the day on which HR says that a person leaves; nil: HR does not say it.
	Leaves  *Leaving
	MaxRows int // data rows a part
	MaxSize int // bytes a part, header included
	Workers int
	Started time.Time // the run's start, which is part of the names

	// MinRecords is the least number of records of a feed; fewer are an *UnusableFeedError.
	MinRecords int

	// MayCreate is true where creates are allowed. Then any person whom the ledger does not know may be new to Coupa,
	// and rows that name the person as approver have to wait for that load.
	MayCreate bool
	// Memory is what is known from earlier plans; nil where there is no ledger.
	Memory Memory
	// Only, unless nil, reports which records to plan (run --again); the others are skipped and not counted.
	Only func(o export.Origin, key string) bool
	// Hold plans a held run: every row that would be sent is kept and reported as held.
	Hold bool
	// Waiting holds the people who must not be overtaken: their rows are kept and reported as pending.
	Waiting *baseline.Waiting
	// Beside is the held run that the plan leaves as it is; nil for nearly every plan. The plan then keeps no records:
	// a person is quarantined if the held run keeps records of them or if they would have to wait.
	Beside *Beside
	// Protects returns the rule that protects a person from every change; nil for nearly all people. known is the login
	// in the ledger. Every worker calls it.
	Protects func(key, login, known string) *export.Protection
	// Answers are Coupa's answers about the people; nil where Coupa was not asked.
	Answers Answers
	// Known are the overrides of the config, which Mapping applies; nil: there are none.
	Known Known
	// ReadsCoupa says that the mapping reads what Coupa holds of people. Whoever's record needs that is asked about, also where
	// the row equals what was last confirmed.
	ReadsCoupa bool
	// Compare returns the element where Coupa shows a column. Rows are then compared with Answers, or else with what the
	// ledger knows, and those that would change nothing are not sent; nil: rows are not compared.
	Compare func(column string) (e export.Element, ok bool)
	// AsIs says that rows go as they are, or not at all: no cell can be taken out of them.
	AsIs bool
	// Confirmed is what was last confirmed of people, as hashes made with HashKey: it is what rows are compared with where
	// Coupa does not show a value; nil where nothing is known. Every worker reads it.
	Confirmed *baseline.Store
	HashKey   baseline.HashKey
	// Trusting leaves rows alone that equal what was last confirmed: they are unchanged, and neither Notes nor Answers are about
	// them. Nothing is trusted where Full or ExactCase want to know more than hashes say.
	Trusting bool
	// Sees says that unchanged rows come with what Coupa was seen to hold of their people, as hashes: see RowResult.Seen. RecordPlan
	// sets it.
	Sees bool
	// Roles are what rows may not do with roles; nil: anything. They need Compare.
	Roles *export.RoleRules
	// Ceilings are up to which amounts rows may raise what their people may approve; nil: up to any. They need Compare.
	Ceilings *export.ApprovalCeilings
	// Full sends rows that would change nothing too.
	Full bool
	// ExactCase takes a login or an e-mail address in another case for a change, and sends it.
	ExactCase bool
	// Emptied are the columns that have come blank, for which limits.fill holds the run; see Hold. Then rows that
	// would change nothing are held too.
	Emptied []string
	// HoldEqual holds rows that would change nothing with the others, where Hold has nothing else to hold: a feed that has
	// shrunk to such rows.
	HoldEqual bool
	// Used is how much of the limits earlier starts have used, and whom approvals name; nil: the plan has no tally.
	Used *export.Usage
	// Departs is called before Notes with the text of the day on which the person of a row leaves, where HR has one. It may keep
	// the text only while it runs.
	Departs func(at export.Origin, day string)
	// Notes is called with each row that may be sent, also where it could be sent only completed. It is for a first
	// pass over the feed; else nil. Every worker calls it, and the texts of the row are valid until it returns.
	Notes func(key string, row *export.Row)
	// Superseded reports whether what earlier plans have kept of a file is of a snapshot that is older than the one at hand: such
	// records are excluded. nil: none is.
	Superseded func(file string) bool
	// Made is how many records at the feed's end are none of HR's: of people who are gone. MinRecords does not count them.
	Made int
	// Effective is the day from which a record holds: one whose day is still to come waits; nil: every record holds at once.
	Effective *Effective
	// Replaced are the records that wait for their day and that newer ones replace, by their place. See ReadReplaced.
	Replaced map[export.Origin]export.DatedChange
	// Dated is what the plan makes of records that have waited in the ledger for their day, by id.
	Dated map[int64]export.DatedChange
	// Joined is how many records of the feed were kept by earlier plans; MinRecords does not count them.
	Joined int
	// leftOut reports whether the newest feed is not about a person any more, so that nothing of theirs that was kept is sent.
	leftOut func(person string) bool
}

// asks reports whether Coupa is asked about the people of the plan, or was.
func (p *Planner) asks() bool { return p.Notes != nil || p.Answers != nil }

// Memory is what is known from earlier plans. Every worker calls it.
type Memory interface {
	// Known returns what was last sent for a person.
	Known(key string) (p export.Person, ok bool)
	// Cut reports whether a file of the feed is cut off if its last line has no end.
	Cut(file string) bool
	// Each calls f with what was last sent for every person, in no order that counts.
	Each(f func(export.Person))
}

// Known are the overrides of a config. Every worker calls it.
type Known interface {
	// Kept returns why a person is left as they are, and no record of theirs counts; nil for nearly everyone.
	Kept(person string) *export.Fault
	// Says returns a fault for each overridden column of a person, without an origin; nil for nearly everyone.
	Says(person string) []export.Fault
}

// Answers are what Coupa knows of the people of a plan. Every worker calls it.
type Answers interface {
	// Found returns the user that Coupa knows by a person's key. Rows are completed from it; where the mapping has a
	// column Id, that is filled in.
	Found(key string) (u export.User, ok bool)
	// Asked reports whether Coupa was asked about a person.
	Asked(key string) bool
	// Element returns the element of a column in the users of Found.
	Element(column string) (e export.Element, ok bool)
	// Inactive returns the number of the user with a login, where Coupa shows that user as inactive.
	Inactive(login string) (id string, ok bool)
	// Unmet reports whether Coupa was asked for the user with a login, whom a row names as approver, and has none.
	Unmet(login string) bool
	// Moot returns why nothing is to be sent of a person: the account has gone over to another record, or there is none to take
	// away. ok is false for nearly everybody.
	Moot(key string) (why export.Fault, ok bool)
	// Sorted reports whether it is known whose account it is that two records of the feed claim, one of which has ended.
	Sorted(key string) bool
	// Faults returns the reasons in Coupa why a row that breaks no rule must not be sent. The texts of the row are
	// valid until it returns.
	Faults(key string, row *export.Row) []export.Fault
}

// Sink takes the results of a plan, in a fixed order, from one goroutine. Nothing of it counts before Build has
// returned.
type Sink interface {
	// Part takes a finished part: its rows have PartRow set, its name is still open. data and rows are valid until it
	// returns. Name is later called with the id that it returns.
	Part(p export.Part, data []byte, rows []export.RowResult) (id int64, err error)
	// Row takes a row that goes into no part: quarantined, held or waiting. kept are its records that the next plan has
	// to read again, and those that newer ones replace.
	Row(r export.RowResult, kept []export.KeptRecord) error
	// Name sets the name of every part once their number is known, in the order of sending.
	Name(id int64, name string) error
	// Restart discards every part and row: the plan begins again. It is called at most twice, before any Name.
	Restart() error
}
