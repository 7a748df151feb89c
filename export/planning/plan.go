package planning

import (
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// Planner turns a feed into parts. It is the pure half: the same feed, mapping, sheet, known people and start time give
// the same bytes under the same names.
//
// It maps, checks and encodes on every core, in one pass where it can: a survey goes along and looks for people with
// several records, values that must be unique, and rows that have to wait for others. Where it finds some, what was made
// is thrown away and made anew by what it found (and between the two the feed is read once more where two people may
// claim one login, e-mail ...). Memory does not grow with the values in the feed, only by a few machine words a record.
type Planner struct {
	Feed    export.Feed
	Mapping export.Mapping
	Sheet   export.Sheet
	Key     string // the feed's field that names the person
	MaxRows int    // data rows a part
	MaxSize int    // bytes a part, header included
	Workers int
	Started time.Time // the run's start: goes into the names

	// MinRecords is how many records a feed has at least; fewer are an *UnusableFeedError.
	MinRecords int

	// MayCreate tells that creates are allowed, so that any person the ledger does not know may be new to Coupa and
	// whoever names him as approver has to wait for his load.
	MayCreate bool
	// Memory is what earlier plans have left; nil where there is no ledger.
	Memory Memory
	// Only, when not nil, says which records to plan (run --again); the others are passed over and not counted.
	Only func(o export.Origin, key string) bool
	// Hold plans a held run: every row that would be sent is kept and told as held instead.
	Hold bool
	// Waiting knows the people who must not be overtaken: their rows are kept and told as pending.
	Waiting *export.Waiting
	// Beside is the held run that the plan leaves as it is; nil for nearly every plan. Nobody is kept then: whom that run
	// keeps records of, and who would have to wait, is quarantined.
	Beside *Beside
	// Protects returns the rule by which nobody may change a person; nil for nearly everybody. known is the login the ledger
	// knows. It is called from every worker.
	Protects func(key, login, known string) *export.Protection
	// Answers are Coupa's; nil where nobody has asked.
	Answers Answers
	// Notes takes each row that may go, also where it could only go completed; for a first look at the feed, nil else. It
	// is called from every worker, and the texts of the row are good until it returns.
	Notes func(key string, row *export.Row)
	// Joined is how many records of the feed earlier plans have kept; MinRecords does not count them.
	Joined int
}

// Memory is what is known from earlier plans. It is called from every worker.
type Memory interface {
	// Known returns how a person was last sent.
	Known(key string) (p export.Person, ok bool)
	// Cut reports whether a file of the feed is cut off if its last line has no end.
	Cut(file string) bool
}

// Answers are what Coupa says of the people of a plan. They are asked for from every worker.
type Answers interface {
	// Found returns whom Coupa knows by a person's key. Rows are completed out of that; where the mapping has a column Id,
	// that is filled in.
	Found(key string) (u export.User, ok bool)
	// Element says where the users of Found hold a column.
	Element(column string) (e export.Element, ok bool)
	// Faults returns what Coupa holds against a row that breaks no rule. The texts of the row are good until it returns.
	Faults(key string, row *export.Row) []export.Fault
}

// Sink takes what a plan yields, in a fixed order, from one goroutine. Nothing of it counts before Build has returned.
type Sink interface {
	// Part takes a finished part: its rows have PartRow set, its name is still open. data and rows are
	// good until it returns.
	// The id it returns is what Name is called with.
	Part(p export.Part, data []byte, rows []export.RowResult) (id int64, err error)
	// Row takes a row that goes into no part: quarantined, held or waiting. kept are its records where the next plan
	// is to read them again, and those of them that newer ones replace.
	Row(r export.RowResult, kept []export.KeptRecord) error
	// Name gives every part its name once their number is known, in the order of sending.
	Name(id int64, name string) error
	// Restart forgets every part and row it was given: the plan begins anew. It is called at most once, before any Name.
	Restart() error
}
