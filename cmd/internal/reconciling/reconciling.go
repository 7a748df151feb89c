// Package reconciling joins config, feed and Coupa for a comparison of HR's whole view with all of Coupa's users. It sends
// nothing, records nothing and prints nothing.
package reconciling

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/heap"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rowstore"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/reconcile"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// Options name the two sides.
type Options struct {
	Files  []string // HR's; none: the feed of the config
	Export string   // a file of Coupa's users; "": they are read by API
	Named  []string // HEADER=COLUMN: which column of the users import a field of that file is about
	Ledger bool     // HR's side is what the ledger last sent and confirmed; no file is read
	From   string   // the first day of the period of which the ledger is asked; "" with To: 30 days before it
	To     string   // the last one; "" with From: today. Both "": none
	Repair string   // the file to which a plan of what HR wins is saved; "": none is made
	Redact bool     // the result has pseudonyms in place of names, and no values
}

// Unread is why a column of the mapping is not compared.
type Unread string

// The reasons.
const (
	NoElement   Unread = "no_element"   // Coupa's API shows no such element
	NoField     Unread = "no_field"     // the file of Coupa's users has no such field
	CardData    Unread = "card_data"    // card data is never read
	Acts        Unread = "acts"         // it makes Coupa do something, and stores nothing
	ReadsPeople Unread = "reads_people" // its expression reads other people, and Coupa is not asked about them
	ReadsHeld   Unread = "reads_coupa"  // its expression reads what Coupa holds: HR alone does not say what is to be there
)

// Verdict is the word for what a comparison ended with.
type Verdict string

// The verdicts.
const (
	Agree       Verdict = "agree"
	Differ      Verdict = "differ"
	HRUnusable  Verdict = "hr_unusable"    // nothing was compared
	CoupaUnread Verdict = "coupa_not_read" // nothing was compared
	NoResult    Verdict = "no_result"      // for any other reason, such as a fault in the config
)

// Failed returns the verdict of a comparison that ended with an error and this exit code.
func Failed(code int) Verdict {
	switch code {
	case export.ExitFeed:
		return HRUnusable
	case export.ExitNotDelivered:
		return CoupaUnread
	}
	return NoResult
}

// LeftColumn is a column of the mapping that is not compared.
type LeftColumn struct {
	Column string `json:"column"`
	Why    Unread `json:"why"`
}

// Result is what a comparison came to. Its findings are in Each, and the people of HR's who are left out in Rows.
type Result struct {
	Agree    bool              `json:"agree"`
	Redacted bool              `json:"redacted,omitempty"` // pseudonyms stand for people and users, and there is no value
	Exit     int               `json:"exit"`
	At       time.Time         `json:"at"`
	Verdict  Verdict           `json:"verdict"`
	Files    []export.FeedFile `json:"files"`
	Older    []export.LateFile `json:"older,omitempty"`          // snapshots that are passed over, since a newer one is everybody
	Records  int               `json:"records"`                  // of HR's
	Ledger   bool              `json:"hr_from_ledger,omitempty"` // HR's side is what the ledger last sent and confirmed
	Instance string            `json:"instance"`                 // whose users they are
	Export   *export.FeedFile  `json:"export,omitempty"`         // the file that they were read from; nil: by API
	Calls    int               `json:"calls,omitempty"`          // that read them
	Match    []string          `json:"match"`                    // the columns that pair people with users
	Next     bool              `json:"match_next"`               // where one pairs with no user, the next is tried; else only where HR has no value in it
	Columns  []string          `json:"compared_columns"`
	Left     []LeftColumn      `json:"left_columns"`
	Headers  []string          `json:"left_headers"`             // of the file, about no column that is known
	NoCauses NoCauses          `json:"no_causes,omitempty"`      // why no cause is known
	Leaves   string            `json:"leaves,omitempty"`         // HR's field with the day on which a person leaves; "": no hours are known
	Open     int               `json:"open"`                     // people who differ and are still open from an earlier run
	Asked    int               `json:"-"`                        // people of whom the ledger was asked that
	Unasked  int               `json:"open_not_asked,omitempty"` // people of whom it was not, since they are too many
	Period   *Period           `json:"period,omitempty"`         // of --from and --to
	Repair   *Repair           `json:"repair,omitempty"`         // of --repair
	*reconcile.Result
	People  []struct{}         `json:"people"` // printed from Each, and empty here, as Rows is
	Rows    []export.RowResult `json:"rows"`
	Out     *rowstore.Store    `json:"-"`
	pairing *reconcile.Pairing
	redact  *redactor // nil: names and values are in the result
	memory  *memory   // nil: there is no ledger
	closing []func()
}

// Each passes the findings to take: whoever is not equal, in the order of HR's files, then the users whom HR does not know. People
// whose user is protected are among them, and users who are left out.
func (r *Result) Each(take func(*reconcile.Finding) error) error {
	if r.memory != nil {
		silent := take
		take = func(f *reconcile.Finding) error {
			f.Open = r.memory.open[f.Key]
			return silent(f)
		}
	}
	if r.redact != nil {
		whole := take
		take = func(f *reconcile.Finding) error { return whole(r.redact.finding(f)) }
	}
	_, err := r.pairing.Compare(take)
	return err
}

// Close removes what the comparison has stored.
func (r *Result) Close() error {
	for _, f := range r.closing {
		f()
	}
	return r.Out.Close()
}

// sides are the two sides on their way into a comparison.
type sides struct {
	env      *wiring.Env
	o        Options
	pipe     *wiring.Pipeline
	elements []export.Element // see reconcile.Options.Columns
	mapped   int
	compared *reconcile.Comparison
	take     func(export.User) error // a user of Coupa's side
	doing    string                  // what the users are read for
	out      rowstore.Store
	people   rowstore.Pile
	users    rowstore.Pile
	res      *Result
	memory   *memory // nil: there is no ledger
}

// smallHeap is how many percent the heap may grow before it is collected. What is kept of millions of people has no pointers, so that a
// collection costs little; Go's default would double it.
const smallHeap = 25

// Compare reads both sides to their ends and compares them. An error says which side could not be read.
func Compare(ctx context.Context, env *wiring.Env, o Options) (*Result, error) {
	opt := config.Options{FeedGiven: len(o.Files) > 0 || o.Ledger, Users: o.Export == ""}
	pipe, err := wiring.ReadPipeline(ctx, env, opt)
	if err != nil {
		return nil, err
	}
	s := &sides{env: env, o: o, pipe: pipe, doing: "compare", res: &Result{
		At: env.Now().UTC().Truncate(time.Second), Instance: pipe.Config.Instance, Left: []LeftColumn{}, Headers: []string{}, People: []struct{}{}, Rows: []export.RowResult{},
	}}
	s.res.Out, s.res.closing = &s.out, []func(){s.people.Close, s.users.Close}
	heap.Tighten(smallHeap)
	if err = s.readPeriod(); err == nil {
		err = s.compare(ctx)
	}
	if err != nil {
		s.res.Close() // the error says enough
		return nil, err
	}
	return s.res, nil
}

func (s *sides) compare(ctx context.Context) (err error) {
	var file *usersFile
	if s.o.Export != "" {
		if file, err = s.openFile(); err != nil {
			return s.notRead(err)
		}
	}
	if s.o.Ledger && len(s.o.Files) > 0 {
		return exit.Usage("--from-ledger reads no file, and %d are named", len(s.o.Files))
	}
	s.columns(file)
	match, next := s.match(file)
	if len(match) == 0 {
		return s.notRead(file.noKey(s.pipe))
	}
	if file != nil && slices.Contains(s.pipe.Options.Columns, export.ColumnStatus) && !file.has(export.ColumnStatus) {
		return s.notRead(file.noStatus())
	}
	guard := wiring.Guard(s.pipe.Config, s.res.At)
	o := reconcile.Options{
		Columns: s.elements, Mapped: s.mapped, Match: match, Next: next, Key: s.pipe.Key, ExactCase: s.pipe.Config.Layout.ExactCase, Roles: wiring.RoleRules(s.pipe.Config), People: &s.people, Users: &s.users,
	}
	o.Whole = s.o.Repair != ""
	if guard != nil {
		o.Protects = func(key, login string) bool { return guard(key, login, "") != nil }
	}
	if err := s.remember(); err != nil {
		return err
	}
	if o.At = s.res.At; s.memory != nil {
		o.Confirmed, o.HashKey, o.Ours = s.memory.confirmed, s.memory.key, s.memory.ours
		if s.res.NoCauses == "" {
			o.Sent = s.memory.sent
		}
	}
	s.compared = reconcile.New(o)
	s.res.Match, s.res.Next = match, next
	if s.o.Ledger {
		o.ByHash = true
		s.compared = reconcile.New(o)
		err = s.readLedger()
	} else {
		err = s.readHR(ctx)
	}
	if err != nil {
		return err
	}
	s.take = s.compared.AddUser
	if file != nil {
		err = s.readFile(ctx, file, s.compared.Lines(file.fields).Add)
	} else {
		err = s.readAPI(ctx)
	}
	if err != nil {
		return err
	}
	if s.res.pairing == nil {
		s.res.pairing = s.compared.Pair()
	}
	leavers := s.res.Period.wanted()
	if s.res.Result, err = s.res.pairing.Compare(func(f *reconcile.Finding) error {
		if _, ok := leavers[f.Key]; ok && f.Key != "" {
			leavers[f.Key] = f
		}
		return s.memory.note(f, s.res)
	}); err != nil {
		return err
	}
	if err := s.settlePeriod(leavers); err != nil {
		return err
	}
	if s.res.Coupa.Read == 0 {
		return s.notRead(export.Hint(errors.New("it shows no user at all"), "check what the export was filtered by, or what the client's user may see"))
	}
	if s.res.HR.Compared == 0 && s.res.HR.LeftOut[reconcile.Quarantined] == 0 {
		return &export.UnusableFeedError{Why: "it has no person who can be compared", Hint: "check feed.where and protect, and that the file has everybody"}
	}
	if s.o.Redact {
		if s.res.redact, err = newRedactor(s.memory); err != nil {
			return err
		}
		s.res.Redacted = true
		s.res.redact.doubles(s.res.Doubles)
		s.res.redact.leavers(s.res.Period)
	}
	s.res.Verdict = Agree
	if s.res.Agree = s.res.Result.Agrees(); !s.res.Agree {
		s.res.Verdict, s.res.Exit = Differ, export.ExitPartial
	}
	return nil
}

// columns decides which columns are compared, and which only say who a user is.
func (s *sides) columns(file *usersFile) {
	mapped := s.pipe.Options.Columns
	s.mapped = len(mapped)
	for i, name := range mapped {
		e, why := s.element(name, file)
		e.Column = name
		if why == "" && s.pipe.Mapping.ReadsHeld(name) {
			why = ReadsHeld
		}
		if why == "" && file != nil && s.pipe.Mapping.ReadsPeople(name) {
			why = ReadsPeople
		}
		if why != "" {
			e.Path = ""
			if !slices.Contains(s.pipe.Lacks, name) {
				s.res.Left = append(s.res.Left, LeftColumn{name, why})
			}
		} else if i < len(mapped)-len(s.pipe.Lacks) && name != export.ColumnID {
			s.res.Columns = append(s.res.Columns, name)
		}
		s.elements = append(s.elements, e)
	}
	for _, name := range []string{export.ColumnID, export.ColumnLogin, export.ColumnEmail, export.ColumnNumber, export.ColumnStatus} {
		if e, why := s.element(name, file); why == "" && !slices.Contains(mapped, name) {
			s.elements = append(s.elements, e)
		}
	}
}

// element returns where the users of Coupa's side show a column, or why they do not.
func (s *sides) element(name string, file *usersFile) (e export.Element, why Unread) {
	ok := true
	if name == export.ColumnID {
		e = coupa.ID()
	} else if file != nil {
		e, ok = coupa.Shown(name)
	} else {
		e, ok = coupa.Element(name)
	}
	switch _, shown := coupa.Shown(name); {
	case !shown:
		return e, CardData
	case e.Kind == export.KindAction:
		return e, Acts
	case !ok:
		return e, NoElement
	case file != nil && !file.has(name):
		return e, NoField
	}
	return e, ""
}

// match returns the columns that pair people with users, and whether the next one is tried where one pairs with none.
func (s *sides) match(file *usersFile) (columns []string, next bool) {
	order, next := s.pipe.Match, s.pipe.Match != nil
	if s.o.Ledger {
		order, next = []string{s.keyColumn(), export.ColumnLogin}, false
	} else if !next {
		order = []string{export.ColumnID, s.pipe.Key, export.ColumnNumber, export.ColumnLogin}
	}
	for _, name := range order {
		if slices.Contains(s.pipe.Options.Columns, name) && !slices.Contains(columns, name) && (file == nil || file.has(name)) {
			columns = append(columns, name)
		}
	}
	return columns, next
}

// tell says something that a person waits for: also on a terminal that shows only warnings of the log.
func (s *sides) tell(format string, args ...any) {
	if s.env.Stderr.IsTerminal() && s.env.LogLevel == "warn" {
		s.env.Stderr.Printf("%s\n", fmt.Sprintf(format, args...)) // a terminal that is gone is no fault of the comparison
		return
	}
	s.env.Log.Infof(format, args...)
}
