package export

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/sirupsen/logrus"
)

// Preflight asks Coupa about the people of a batch before anything is sent. A planner's first look at the feed notes who
// they are; Ask looks them up; then Faults tells the planner which rows must not go. It takes a few hundred bytes a person.
type Preflight struct {
	Users     Directory
	Key       string // the Coupa column that names the person: Employee Number or Login
	Columns   []string
	Element   func(column string) (e Element, ok bool)
	MayCreate bool // a row that matches nobody may go
	Whole     bool // ask for every one of Columns that the API shows, and keep it: what a person is at plan time
	Workers   int  // calls at once
	Rate      float64
	Log       logrus.FieldLogger

	mu     sync.Mutex
	people map[string]*identity // by the feed's key
	faults map[string][]Fault   // likewise
}

// identity is what a row says of who its person is, and whom Coupa knows by its key.
type identity struct {
	person               string
	number, login, email string
	id                   string // in Coupa; "" for nobody
	held                 [len(kept)]string
	shown                [len(kept)]bool  // the answer had it
	whole                map[string]Value // by Element.Path, where all was asked for
	bad                  bool             // its key leads to several
}

// kept are the columns of which what Coupa holds is kept for every person.
var kept = [...]string{"Login", "Employee Number", "Email", "First Name", "Last Name"}

// holds is what Coupa holds in a column of kept.
func (i *identity) holds(column string) string { return i.held[slices.Index(kept[:], column)] }

func (i *identity) value(column string) string {
	switch column {
	case "Employee Number":
		return i.number
	case "Login":
		return i.login
	}
	return i.email
}

// Check has the shape of Planner.Checks: it notes who a row is about and finds no fault.
func (f *Preflight) Check(person string, row *Row) []Fault {
	one := &identity{person: strings.Clone(person)}
	for i, column := range f.Columns {
		text := row.Cells[i].set()
		switch column {
		case "Employee Number":
			one.number = strings.Clone(text)
		case "Login":
			one.login = strings.Clone(text)
		case "Email":
			one.email = strings.Clone(text)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.people == nil {
		f.people = map[string]*identity{}
	}
	f.people[one.person] = one // a second pass over the feed says the same, or more
	return nil
}

// Faults has the shape of Planner.Checks: it tells what Coupa holds against a row.
func (f *Preflight) Faults(person string, row *Row) []Fault {
	found := slices.Clone(f.faults[person])
	for i := range found {
		found[i].Origin = row.Origin
	}
	return found
}

// Found gives whom Coupa knows by a person's key, with the values that were asked for; ok is false for nobody, for several,
// and before Ask. It may be called by several goroutines.
func (f *Preflight) Found(person string) (u User, ok bool) {
	one := f.people[person]
	if one == nil || one.id == "" {
		return User{}, false
	}
	if one.whole != nil {
		return User{ID: one.id, Values: one.whole}, true
	}
	u = User{ID: one.id, Values: make(map[string]Value, len(kept))}
	for i, column := range kept {
		if e, ok := f.Element(column); ok && one.shown[i] {
			u.Values[e.Path] = Value{Text: one.held[i]}
		}
	}
	return u, true
}

// People is how many people were looked up.
func (f *Preflight) People() int { return len(f.people) }

// Ask looks everybody up. An error says that Coupa could not be asked.
func (f *Preflight) Ask(ctx context.Context) error {
	everybody := make([]*identity, 0, len(f.people))
	for _, one := range f.people {
		everybody = append(everybody, one)
	}
	slices.SortFunc(everybody, func(a, b *identity) int { return strings.Compare(a.person, b.person) })
	f.faults = map[string][]Fault{}
	f.Log.Infof("looking people up in Coupa: at least %s", Ahead(Calls(len(everybody)), f.Rate))
	if err := f.find(ctx, everybody, f.Key, f.wanted(), f.byKey); err != nil {
		return err
	}
	for _, column := range []string{"Login", "Employee Number", "Email"} {
		if column == f.Key {
			continue
		}
		open := slices.DeleteFunc(slices.Clone(everybody), func(one *identity) bool { return !one.asks(column) })
		if err := f.find(ctx, open, column, nil, f.byOther(column)); err != nil {
			return err
		}
	}
	for _, one := range everybody {
		if one.id == "" && !one.bad && !f.MayCreate && len(f.faults[one.person]) == 0 {
			f.fault(one, f.Key, "create", sayNobody)
		}
	}
	return nil
}

// asks tells whether a value has to be looked up: where the person that the key leads to has it already it is his.
func (i *identity) asks(column string) bool {
	return !i.bad && i.value(column) != "" && (i.id == "" || foldText(i.holds(column)) != foldText(i.value(column)))
}

// wanted is what is asked of the people themselves.
func (f *Preflight) wanted() (want []Element) {
	columns := kept[:]
	if f.Whole {
		columns = append(slices.Clone(columns), f.Columns...)
	}
	for _, c := range columns {
		e, ok := f.Element(c)
		if ok && e.Kind != KindAction && !slices.ContainsFunc(want, func(w Element) bool { return w.Path == e.Path }) {
			want = append(want, e)
		}
	}
	return want
}

// find looks people up by one column, and tells judge of each whom Coupa knows by it.
func (f *Preflight) find(ctx context.Context, people []*identity, column string, want []Element, judge func(*identity, Element, []User)) error {
	by, ok := f.Element(column)
	if !ok {
		return fmt.Errorf("users cannot be looked up by %s", column)
	}
	chunks := slices.Collect(slices.Chunk(people, LookUp))
	return atOnce(ctx, f.Workers, len(chunks), func(ctx context.Context, i int) error {
		values := make([]string, len(chunks[i]))
		for n, one := range chunks[i] {
			values[n] = one.value(column)
		}
		found, err := f.Users.Find(ctx, by, values, want)
		if err != nil {
			return err
		}
		for _, one := range chunks[i] {
			judge(one, by, found)
		}
		return nil
	})
}

const (
	sayNobody      = "nobody in Coupa is this person, and limits.creates allows no new users"
	sayOtherNumber = "Coupa has it with another number or none (Coupa id %s): the row would be taken for a new person"
	sayNumber      = "Coupa has another number for this login (Coupa id %s)"
	sayOthers      = "belongs to somebody else in Coupa (Coupa id %s)"
)

// byKey finds the one user that a row would change.
func (f *Preflight) byKey(one *identity, by Element, found []User) {
	u, err := One(found, by, one.value(f.Key))
	if several, ok := errors.AsType[*NotOneError](err); ok && len(several.IDs) > 1 {
		one.bad = true
		f.fault(one, "", "several", several.Error())
		return
	}
	if err != nil {
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
	// A blank number in Coupa is no fault here: whoever has numbers there uses them as the key.
	if f.Key == "Login" && one.number != "" && one.holds("Employee Number") != "" && foldText(one.number) != foldText(one.holds("Employee Number")) {
		f.fault(one, "Employee Number", "number", fmt.Sprintf(sayNumber, u.ID))
	}
}

// byOther looks whose a value is that the person of the key does not have.
func (f *Preflight) byOther(column string) func(*identity, Element, []User) {
	return func(one *identity, by Element, found []User) {
		for _, u := range found {
			v, _ := u.Value(by)
			if foldText(v.Text) != foldText(one.value(column)) || u.ID == one.id {
				continue
			}
			if column == "Login" && one.id == "" {
				f.fault(one, column, "number", fmt.Sprintf(sayOtherNumber, u.ID))
			} else {
				f.fault(one, column, "taken", fmt.Sprintf(sayOthers, u.ID))
			}
			return
		}
	}
}

func (f *Preflight) fault(one *identity, field, rule, message string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults[one.person] = append(f.faults[one.person], Fault{Field: field, Rule: rule, Message: message})
}
