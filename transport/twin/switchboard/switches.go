// Package switchboard holds the switches of the twin: what Coupa's pages leave open or say in two ways, and the faults that
// an administrator may want to rehearse. Each has a default and says what the default rests on. A Personality is a set of
// them, and a Board holds them as they stand while a twin runs.
package switchboard

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Switches are what is not known for sure about Coupa, and the faults that an administrator may want to rehearse. The zero
// value of a field stands for its default. Docs says for every switch what the default rests on.
type Switches struct {
	// Pick-up and archive.
	PickUp         string        // auto | manual | instant | eager: when files are taken; manual: only by PickUp
	PickUpInterval time.Duration // between two pick-ups
	Order          string        // alphanumeric | parallel
	ArchivePlace   string        // incoming-archive | archive-incoming
	ArchiveTime    string        // before | after its load a file moves to the archive
	Dotted         string        // ignored | picked: names that begin with a dot
	Suffix         string        // csv-only | any
	FileLimits     string        // fail | load: a file over 5,000 rows or 8 MB

	// Loads.
	LoadTime             time.Duration // from pick-up until the load is done
	ListDelay            time.Duration // from pick-up until the load is listed
	LoadOutcome          string        // normal | failed | stuck | odd | empty | unlisted
	KeyPrecedence        string        // id,employee-number,login | id,login,employee-number
	LoginCase            string        // fold | exact
	EmptyCell            string        // keep | clear | error
	NullWord             string        // roles | lists: where --NULL-- clears
	LostColumns          string        // comma-separated: cells of these are accepted and not stored; none
	RowBase              string        // 0 | 1 | 2: the number of the first data row
	CorruptRowsProcessed string        // no | yes
	UnchangedCounted     string        // yes | no
	StatusCase           string        // lower | title
	Counters             string        // yes | no
	RepeatedNames        string        // no | yes
	ScreenLoads          string        // no | yes

	// API.
	API           string        // on | off
	APILatency    time.Duration // before each answer
	TokenSettle   time.Duration // a younger token is refused
	Rate          int           // requests a second; NoLimit lifts it
	Scopes        string        // blank-separated: what the client may ask for
	LoadScope     string        // the scope that opens data_file_sources
	ListScope     string        // the scope that opens departments, groups, currencies and addresses
	PutLists      string        // add | replace
	UnknownInList string        // name | list
	UnknownFilter string        // refuse | ignore
	NotQueryable  string        // blank-separated: elements that users cannot be queried by; none
	Answer        string        // what /api says in place of the answer
	PageAnswer    string        // what /data_sources says in place of the page
	TokenAnswer   string        // what the token endpoint says in place of a token
	TokenCalls    int           // calls before a token is refused; 0: never
	AnswerFrom    string        // start | pickup: when Answer, PageAnswer and TokenAnswer begin

	RetryAfter     time.Duration // what Retry-After asks for
	FaultTimes     int           // bad answers and file operations until all is well; 0: never
	Clock          string        // right | hour-behind | hour-ahead
	UserFilter     string        // obeyed | ignored: attribute filters on users
	ShownElements  string        // blank-separated: what the response filter leaves of a user; all
	Fields         string        // obeyed | ignored: the argument fields
	UserIDs        string        // own | zero | twice: whose ids a list of users shows
	UserFault      string        // none | 401 | 403 | ...: what calls to /api/users get instead of an answer
	UserFaultAt    string        // all | get | look | put | post: which of these calls get it
	UserFaultEvery int           // with n, every n-th of them gets it

	// SFTP server.
	DropFolder     string // normal | no-list | write-only
	DropPath       string // folder | link
	Home           string // / | /home/coupa: where the tree is, and where relative paths begin
	Write          string // allowed | denied | full | quota | short | vanish
	Stat           string // allowed | denied
	Setstat        string // allowed | refused
	Rename         string // allowed | overwrites | unsupported | denied | taken
	RenameReply    string // sent | lost
	ArchiveRead    string // allowed | denied
	SFTPLatency    time.Duration
	SilentAfter    string // none | connect | auth | write
	DropAfterBytes int    // of file data before a connection is cut; 0: never
	Algorithms     string // modern | old
	Login          string // any | password | keyboard-interactive | key
	Connections    int    // at once; NoLimit lifts it
}

// NoLimit, written "none", lifts the limit of a number switch.
const NoLimit = -1

const (
	Yes = "yes"
	no  = "no"
)

// Doc describes one switch for help and docs. Values lists the accepted words, or one word in capitals if the form is free.
// Basis begins with "documented", "disputed", "assumed" or "fault" and says what the default rests on.
type Doc struct {
	Name    string   `json:"name"`
	Default string   `json:"default"`
	Basis   string   `json:"basis"`
	Values  []string `json:"values"`
}

// switchSpec is one line of the table that drives parsing, defaults, help and docs.
// field returns a *string, a *time.Duration or an *int.
type switchSpec struct {
	name, def string
	values    []string
	field     func(*Switches) any
	basis     string
}

// set reads value into its field of s.
func (spec switchSpec) set(s *Switches, value string) error {
	switch p := spec.field(s).(type) {
	case *string:
		return spec.setWord(p, value)
	case *time.Duration:
		d, err := time.ParseDuration(value)
		if err != nil || d < 0 {
			return fmt.Errorf("switch %s: %q is not a duration like 200ms or 3m", spec.name, value)
		}
		if d == 0 && spec.def != "0s" {
			return fmt.Errorf("switch %s: must be more than 0", spec.name)
		}
		*p = d
	case *int:
		if value == "none" {
			*p = NoLimit
			return nil
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return fmt.Errorf("switch %s: %q is neither a number nor none", spec.name, value)
		}
		if n == 0 && spec.def != "0" {
			return fmt.Errorf("switch %s: must be more than 0, or none", spec.name)
		}
		*p = n
	default:
		return fmt.Errorf("switch %s has a field of unknown type %T", spec.name, p)
	}
	return nil
}

func (spec switchSpec) setWord(p *string, value string) error {
	if !spec.free() && !slices.Contains(spec.values, value) {
		return fmt.Errorf("switch %s: %q is none of %s", spec.name, value, strings.Join(spec.values, " | "))
	}
	*p = value
	return nil
}

// free reports whether any text is a value. The table then has one word in capitals.
func (spec switchSpec) free() bool {
	return len(spec.values) == 1 && spec.values[0] == strings.ToUpper(spec.values[0])
}

// check validates the field as it stands in s, for switches set in code.
func (spec switchSpec) check(s *Switches) error {
	if p, ok := spec.field(s).(*string); ok {
		return spec.setWord(p, *p)
	}
	return nil
}

func (spec switchSpec) isZero(s *Switches) bool {
	switch p := spec.field(s).(type) {
	case *string:
		return *p == ""
	case *time.Duration:
		return *p == 0
	case *int:
		return *p == 0
	}
	return false
}

// Parse reads "name=value" strings and fills in the defaults. The last value of a name counts. It returns all errors at once.
func Parse(args []string) (Switches, error) { return Switches{}.with(args) }

// with returns s with some switches set, and the default of every one that is not set.
func (s Switches) with(args []string) (Switches, error) {
	specs := switchTable()
	var faults []error
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		i := slices.IndexFunc(specs, func(spec switchSpec) bool { return spec.name == name })
		switch {
		case !ok:
			faults = append(faults, fmt.Errorf("switch %q: want name=value", arg))
		case i < 0:
			faults = append(faults, fmt.Errorf("switch %q is unknown", name))
		default:
			if err := specs[i].set(&s, value); err != nil {
				faults = append(faults, err)
			}
		}
	}
	if len(faults) > 0 {
		return Switches{}, errors.Join(faults...)
	}
	return s.complete()
}

// complete fills every zero field with its default and checks the others.
func (s Switches) complete() (Switches, error) {
	var faults []error
	for _, spec := range switchTable() {
		if spec.isZero(&s) {
			faults = append(faults, spec.set(&s, spec.def))
			continue
		}
		faults = append(faults, spec.check(&s))
	}
	return s, errors.Join(faults...)
}

// Docs lists every switch in the order of the table.
func Docs() []Doc {
	specs := switchTable()
	docs := make([]Doc, 0, len(specs))
	for _, spec := range specs {
		docs = append(docs, Doc{Name: spec.name, Values: spec.values, Default: spec.def, Basis: spec.basis})
	}
	return docs
}
