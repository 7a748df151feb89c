package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
)

// Preflight asks Coupa about the people of a batch before anything is sent. A planner's first look at the feed notes who
// they are; Ask looks them up; then Found gives the planner whom Coupa knows, and Faults which rows must not go. It takes a
// few hundred bytes a person.
type Preflight struct {
	Users     export.Directory
	All       Lister                                                            // lists all users; nil: everybody is asked for by key
	First     func(ctx context.Context, look func(context.Context) error) error // makes the first look-up; nil: it is made as any other
	Least     int                                                               // Coupa has at least so many users: those whom the ledger knows
	Key       string                                                            // the Coupa column that names the person where HR does not know the Id: Employee Number or Login
	Columns   []string
	Element   func(column string) (e export.Element, ok bool)
	MayCreate bool // a row that matches nobody may go
	Whole     bool // ask for every one of Columns that the API shows, and keep it: what a person is at plan time
	Workers   int  // calls at once
	Rate      float64
	Log       logrus.FieldLogger

	mu     sync.Mutex
	people map[string]*identity      // by the feed's key
	faults map[string][]export.Fault // likewise
	all    *everybody                // nil where not all users were read
}

// noted are the columns of which what HR says is kept for every person; kept are those of which what Coupa holds is.
var (
	noted = [...]string{export.ColumnID, export.ColumnNumber, export.ColumnLogin, export.ColumnEmail, export.ColumnLastName}
	kept  = [...]string{export.ColumnNumber, export.ColumnLogin, export.ColumnEmail, export.ColumnFirstName, export.ColumnLastName, export.ColumnStatus}
)

// identity is what a row says of who its person is, and whom Coupa knows by its key.
type identity struct {
	person string
	origin export.Origin
	key    string // the column that it is looked up by
	said   [len(noted)]string
	id     string // in Coupa; "" for nobody
	held   [len(kept)]string
	shown  [len(kept)]bool         // the answer had it
	whole  map[string]export.Value // by Element.Path, where all was asked for
	looked bool                    // Coupa was asked for its key
	bad    bool                    // its key leads to several, or can lead to nobody
	hint   string                  // who may be meant, where nobody was found
}

func (i *identity) says(column string) string { return i.said[slices.Index(noted[:], column)] }

// holds is what Coupa holds in a column of kept.
func (i *identity) holds(column string) string { return i.held[slices.Index(kept[:], column)] }

// Note has the shape of planning.Planner.Notes: it notes who a row is about.
func (f *Preflight) Note(person string, row *export.Row) {
	one := &identity{person: strings.Clone(person), origin: row.Origin}
	for i, column := range f.Columns {
		if n := slices.Index(noted[:], column); n >= 0 {
			one.said[n] = strings.Clone(strings.TrimSpace(row.Cells[i].SetText()))
		}
	}
	for _, column := range []string{export.ColumnID, f.Key, export.ColumnNumber, export.ColumnLogin} {
		if one.key == "" && one.says(column) != "" {
			one.key = column
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.people == nil {
		f.people = map[string]*identity{}
	}
	f.people[one.person] = one // a second pass over the feed says the same, or more
}

// Faults returns what Coupa holds against a row.
func (f *Preflight) Faults(person string, row *export.Row) []export.Fault {
	found := slices.Clone(f.faults[person])
	for i := range found {
		found[i].Origin = row.Origin
	}
	return found
}

// Found returns whom Coupa knows by a person's key, with the values that were asked for; ok is false for nobody, for several,
// and before Ask. It may be called by several goroutines.
func (f *Preflight) Found(person string) (u export.User, ok bool) {
	one := f.people[person]
	if one == nil || one.id == "" {
		return export.User{}, false
	}
	if one.whole != nil {
		return export.User{ID: one.id, Values: one.whole}, true
	}
	u = export.User{ID: one.id, Values: make(map[string]export.Value, len(kept))}
	for i, column := range kept {
		if e, ok := f.Element(column); ok && one.shown[i] {
			u.Values[e.Path] = export.Value{Text: one.held[i]}
		}
	}
	return u, true
}

// People is how many people were looked up.
func (f *Preflight) People() int { return len(f.people) }

// creates finds rows that would make a new user where none may be made.
func (f *Preflight) creates(ctx context.Context, people []*identity) {
	if f.MayCreate {
		return
	}
	nobody := those(people, func(one *identity) bool { return one.id == "" && !one.bad && len(f.faults[one.person]) == 0 })
	f.near(ctx, nobody)
	for _, one := range nobody {
		f.fault(one, one.key, "create", sayNobody+one.hint)
	}
}

// asks reports whether a value has to be looked up: where the person that the key leads to has it already it is his.
func (i *identity) asks(column string) bool {
	return !i.bad && column != i.key && i.says(column) != "" && (i.id == "" || export.FoldText(i.holds(column)) != export.FoldText(i.says(column)))
}

// wanted is what is asked of the people themselves.
func (f *Preflight) wanted() (want []export.Element) {
	columns := kept[:]
	if f.Whole {
		columns = append(slices.Clone(columns), f.Columns...)
	}
	for _, c := range columns {
		e, ok := f.Element(c)
		if ok && e.Kind != export.KindAction && !slices.ContainsFunc(want, func(w export.Element) bool { return w.Path == e.Path }) {
			want = append(want, e)
		}
	}
	return want
}

const (
	sayNobody      = "nobody in Coupa is this person, and limits.creates allows no new users"
	sayNear        = " (nearest in Coupa: id %s)"
	sayNoID        = "nobody in Coupa has this Id, and no new user gets one from a file"
	sayOtherNumber = "Coupa has it with another number or none (Coupa id %s): the row would be taken for a new person"
	sayNumber      = "Coupa has another number for this login (Coupa id %s)"
	sayHidden      = "Coupa does not show its number for this login (Coupa id %s), which may be another: look at its API response filters"
	sayOthers      = "belongs to somebody else in Coupa (Coupa id %s)"
	sayTwice       = "%s leads to the same user in Coupa (Coupa id %s): one of the two rows is not about this person"
)

// byKey finds the one user that a row would change.
func (f *Preflight) byKey(one *identity, by export.Element, found []export.User) {
	one.looked = true
	u, err := export.One(found, by, one.says(one.key))
	if several, ok := errors.AsType[*export.NotOneError](err); ok && len(several.IDs) > 1 {
		one.bad = true
		f.hold(one, several.Fault())
		return
	}
	if err != nil {
		if one.key == export.ColumnID {
			one.bad = true
			f.fault(one, export.ColumnID, "id", sayNoID)
		}
		return
	}
	one.id = u.ID
	for i, column := range kept {
		if e, ok := f.Element(column); ok {
			v, shown := u.Value(e)
			one.held[i], one.shown[i] = v.Text, shown
		}
	}
	if f.Whole {
		one.whole = u.Values
	}
	if one.key == export.ColumnLogin && one.says(export.ColumnNumber) != "" {
		f.number(one)
	}
}

// number holds the number of somebody who was found by login against the one that Coupa has. A blank one there is no fault:
// the row goes by Id and fills it in. One that is not shown may be any.
func (f *Preflight) number(one *identity) {
	switch held := one.holds(export.ColumnNumber); {
	case !one.shown[slices.Index(kept[:], export.ColumnNumber)]:
		f.fault(one, export.ColumnNumber, "number", fmt.Sprintf(sayHidden, one.id))
	case held != "" && export.FoldText(one.says(export.ColumnNumber)) != export.FoldText(held):
		f.fault(one, export.ColumnNumber, "number", fmt.Sprintf(sayNumber, one.id))
	}
}

// byOther looks whose a value is that the person of the key does not have.
func (f *Preflight) byOther(column string) func(*identity, export.Element, []export.User) {
	return func(one *identity, by export.Element, found []export.User) {
		for _, u := range found {
			v, _ := u.Value(by)
			if export.FoldText(v.Text) != export.FoldText(one.says(column)) || u.ID == one.id {
				continue
			}
			if column == export.ColumnLogin && one.id == "" {
				f.fault(one, column, "number", fmt.Sprintf(sayOtherNumber, u.ID))
			} else {
				f.fault(one, column, "taken", fmt.Sprintf(sayOthers, u.ID))
			}
			return
		}
	}
}

// twice finds people of the feed who are one user in Coupa. Which of the rows is wrong nobody here knows.
func (f *Preflight) twice(people []*identity) {
	byID := map[string][]*identity{}
	for _, one := range people {
		if one.id != "" {
			byID[one.id] = append(byID[one.id], one)
		}
	}
	for id, same := range byID {
		slices.SortFunc(same, byOrigin)
		for i, one := range same {
			if len(same) > 1 {
				other := same[(i+1)%len(same)] // of three each names the next
				f.fault(one, "", "twice", fmt.Sprintf(sayTwice, other.origin, id))
			}
		}
	}
}

func (f *Preflight) fault(one *identity, field, rule, message string) {
	f.hold(one, export.Fault{Field: field, Rule: rule, Message: message})
}

// hold holds a fault against a person.
func (f *Preflight) hold(one *identity, fault export.Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults[one.person] = append(f.faults[one.person], fault)
}
