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

// Preflight asks Coupa about the people of a batch before anything is sent. A planner's first pass over the feed notes
// the people; Ask looks them up. Then Found returns the users that Coupa knows, and Faults the reasons why a row must
// not be sent. It uses a few hundred bytes a person.
type Preflight struct {
	Users     export.Directory
	All       Lister                                                            // lists all users; nil: all people are looked up by key
	First     func(ctx context.Context, look func(context.Context) error) error // makes the first look-up; nil: it is made like any other
	Least     int                                                               // Coupa has at least this many users: those whom the ledger knows
	Key       string                                                            // the Coupa column that names the person where HR does not know the Id: Employee Number or Login
	Match     []string                                                          // the columns that decide who a row is about, in this order; nil: Id, Key, and then the other of Employee Number and Login
	Columns   []string
	Also      []string // with Whole: columns whose values are kept too, though no row has them
	Element   func(column string) (e export.Element, ok bool)
	MayCreate bool // a row that matches no user may be sent
	Suspect   bool // also then it may not, if a user has nearly its login or its name: it is probably mistyped
	Whole     bool // ask for all of Columns that the API shows, and keep the values: the user at plan time
	Discreet  bool // faults name no login of Coupa's
	Adopt     Adoptions
	Leaving   func(o export.Origin) bool // a row only makes its person inactive, so it is about no one where there is no user; nil: no row does
	Workers   int                        // calls at once
	Rate      float64
	Log       logrus.FieldLogger

	mu     sync.Mutex
	people map[string]*identity      // by the feed's key
	faults map[string][]export.Fault // by the feed's key
	all    *allUsers                 // nil unless all users were read
	named  map[string]*approver      // whom rows name as approver, by FoldText of the login
	met    bool                      // Coupa was asked about all of named
	owns   map[string]bool           // by the feed's key: it is known to have the account that an ended record claims too
	askers map[string]*identity      // by Coupa's number: the first row that has the login or the e-mail address of an account of others
	moots  map[string]export.Fault   // by the feed's key: why nothing is to be sent
	firsts map[string]string         // with Suspect, by the feed's key: the first names
}

// noted are the columns with HR's values in memory for every person; kept are the columns with Coupa's values in
// memory.
var (
	noted = [...]string{export.ColumnID, export.ColumnNumber, export.ColumnLogin, export.ColumnEmail, export.ColumnLastName}
	kept  = [...]string{export.ColumnNumber, export.ColumnLogin, export.ColumnEmail, export.ColumnFirstName, export.ColumnLastName, export.ColumnStatus}
)

// identity is the identifying values of a row's person, and the user that Coupa knows by its key.
type identity struct {
	person  string
	origin  export.Origin
	key     string // the column by which the person is looked up
	said    [len(noted)]string
	id      string // number in Coupa; "" where no user was found
	values  [len(kept)]string
	shown   [len(kept)]bool         // the answer showed the column
	also    []matched               // columns of Match that are not in both noted and kept
	whole   map[string]export.Value // by Element.Path, where Whole asked for all
	looked  bool                    // Coupa was asked for the key, and there is no other to ask for
	bad     bool                    // the key matches several users, or cannot match one
	hint    *hint                   // the user who may be meant, where none was found; or nil
	ended   bool                    // HR says that the person is to be inactive
	strange *strange                // the login leads to a user with another number
	asked   bool                    // the owner of the login was looked up
}

// matched is HR's value and Coupa's in a column by which people are matched.
type matched struct {
	column, said, value string
	shown               bool
}

// says returns HR's value in a column of noted or of Match.
func (i *identity) says(column string) string {
	if n := slices.Index(noted[:], column); n >= 0 {
		return i.said[n]
	}
	for _, m := range i.also {
		if m.column == column {
			return m.said
		}
	}
	return ""
}

// value returns Coupa's value in a column of kept or of Match, and whether the answer showed it.
func (i *identity) value(column string) (value string, shown bool) {
	if n := slices.Index(kept[:], column); n >= 0 {
		return i.values[n], i.shown[n]
	}
	for _, m := range i.also {
		if m.column == column {
			return m.value, m.shown
		}
	}
	return "", false
}

// differs reports whether Coupa's value in a column is another than HR's.
func (i *identity) differs(column string) bool {
	value, _ := i.value(column)
	return export.FoldText(value) != export.FoldText(i.says(column))
}

// Note notes the person of a row. It has the signature of planning.Planner.Notes.
func (f *Preflight) Note(person string, row *export.Row) {
	one := &identity{person: strings.Clone(person), origin: row.Origin}
	for i, column := range f.Columns {
		if n := slices.Index(noted[:], column); n >= 0 {
			one.said[n] = strings.Clone(strings.TrimSpace(row.Cells[i].SetText()))
		}
	}
	if one.ended = row.Ended; !one.ended && slices.Contains(f.Columns, export.ColumnStatus) {
		i := slices.Index(f.Columns, export.ColumnStatus)
		one.ended = strings.EqualFold(strings.TrimSpace(row.Cells[i].SetText()), export.StatusInactive)
	}
	for _, column := range f.alsoMatched() {
		said := strings.Clone(strings.TrimSpace(row.Cells[slices.Index(f.Columns, column)].SetText()))
		one.also = append(one.also, matched{column: column, said: said})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.people == nil {
		f.people = map[string]*identity{}
	}
	f.noteFirst(one.person, row)
	f.people[one.person] = one // a second pass over the feed notes the same, or more
	f.noteApprover(row)
}

// Faults returns the reasons in Coupa why a row must not be sent.
func (f *Preflight) Faults(person string, row *export.Row) []export.Fault {
	found := slices.Clone(f.faults[person])
	for i := range found {
		found[i].Origin = row.Origin
	}
	return found
}

// Found returns the user that Coupa knows by a person's key, with the values that were asked for. ok is false where
// there is none, where there are several, and before Ask. Several goroutines may call it.
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
			u.Values[e.Path] = export.Value{Text: one.values[i]}
		}
	}
	return u, true
}

// Asked reports whether a person was noted, and so asked about.
func (f *Preflight) Asked(person string) bool { return f.people[person] != nil }

// Known returns how many of the people Coupa knows.
func (f *Preflight) Known() int {
	n := 0
	for _, one := range f.people {
		if one.id != "" {
			n++
		}
	}
	return n
}

// People returns how many people were noted.
func (f *Preflight) People() int { return len(f.people) }

// creates adds faults to rows that would create a user where none may be created, or probably none is meant.
func (f *Preflight) creates(ctx context.Context, people []*identity) error {
	if f.MayCreate && !f.Suspect {
		return nil
	}
	unknown := those(people, func(one *identity) bool { return one.id == "" && !one.bad && len(f.faults[one.person]) == 0 })
	err := f.near(ctx, unknown)
	for _, one := range unknown {
		switch {
		case !f.MayCreate:
			f.fault(one, f.firstKey(one), "create", sayNobody+one.hint.String())
		case one.hint != nil:
			f.fault(one, export.ColumnLogin, RuleNear, fmt.Sprintf(one.hint.why, one.hint.id))
		}
	}
	return err
}

// asks reports whether a value has to be looked up. It need not be where it was looked up as a key, or where the user
// found already has it.
func (f *Preflight) asks(one *identity, column string) bool {
	return !one.bad && !f.tried(one, column) && !(one.asked && column == export.ColumnLogin) && one.says(column) != "" && (one.id == "" || one.differs(column))
}

// wanted returns the elements to ask for of each person.
func (f *Preflight) wanted() (want []export.Element) {
	columns := slices.Concat(kept[:], f.alsoMatched())
	if f.Whole {
		columns = slices.Concat(columns, f.Columns, f.Also, []string{export.ColumnRoles})
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
	sayNobody      = "no Coupa user matches this person, and limits.creates allows no new users"
	sayNear        = " (nearest in Coupa: id %s)"
	sayNearLogin   = "no Coupa user matches this person, but one with the same last name has nearly this login (Coupa id %s)"
	saySameName    = "no Coupa user matches this person, but one has the same first and last name (Coupa id %s)"
	sayNoID        = "no Coupa user has this Id, and a file cannot give one to a new user"
	sayOtherNumber = "Coupa has it with another number or none (Coupa id %s): the row would be taken for a new person"
	sayNumber      = "Coupa has another number for this login (Coupa id %s)"
	sayHidden      = "Coupa does not show its number for this login (Coupa id %s), which may be another"
	sayOthers      = "belongs to another user in Coupa (Coupa id %s)"
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
		} else if f.nextKey(one) {
			one.looked = false
		}
		return
	}
	f.take(one, u)
	if f.Match != nil {
		f.contradicts(one)
	} else if one.key == export.ColumnLogin && one.says(export.ColumnNumber) != "" {
		f.number(one)
	}
}

// take makes a user the one that a row would change.
func (f *Preflight) take(one *identity, u export.User) {
	one.id = u.ID
	for i, column := range kept {
		if e, ok := f.Element(column); ok {
			v, shown := u.Value(e)
			one.values[i], one.shown[i] = v.Text, shown
		}
	}
	for i := range one.also {
		if e, ok := f.Element(one.also[i].column); ok {
			v, shown := u.Value(e)
			one.also[i].value, one.also[i].shown = v.Text, shown
		}
	}
	if f.Whole {
		one.whole = u.Values
	}
}

// number compares the employee number of a person found by login with Coupa's. A blank number in Coupa is no fault: the
// row is sent by Id and fills it in. A number that Coupa does not show may be any number.
func (f *Preflight) number(one *identity) {
	switch number, shown := one.value(export.ColumnNumber); {
	case !shown:
		f.fault(one, export.ColumnNumber, "number", fmt.Sprintf(sayHidden, one.id))
	case number != "" && one.differs(export.ColumnNumber):
		f.renumbered(one, "number", fmt.Sprintf(sayNumber, one.id))
	}
}

// byOther returns a function that judges the owner of a value that the person's own user does not have.
func (f *Preflight) byOther(column string) func(*identity, export.Element, []export.User) {
	return func(one *identity, by export.Element, found []export.User) {
		var owners []string
		for _, u := range found {
			v, _ := u.Value(by)
			if export.FoldText(v.Text) == export.FoldText(one.says(column)) && u.ID != one.id {
				owners = append(owners, u.ID)
			}
		}
		switch {
		case owners == nil:
			return
		case one.id != "" && slices.Contains(f.Match, column):
			f.fault(one, column, "match", fmt.Sprintf(sayTwoUsers, strings.Join(owners, ", "), one.key, one.id))
		case one.id == "" && column == export.ColumnLogin && f.Match == nil:
			f.fault(one, column, "number", fmt.Sprintf(sayOtherNumber, owners[0]))
		default:
			f.fault(one, column, "taken", fmt.Sprintf(sayOthers, owners[0]))
		}
		for _, id := range owners {
			f.asker(id, one)
		}
	}
}

// twice adds faults to people of the feed who are one user in Coupa. It is not known which of their rows is wrong.
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
				other := same[(i+1)%len(same)] // with three people each names the next
				f.fault(one, "", "twice", fmt.Sprintf(sayTwice, other.origin, id))
			}
		}
	}
}

func (f *Preflight) fault(one *identity, field, rule, message string) {
	f.hold(one, export.Fault{Field: field, Rule: rule, Message: message})
}

// hold adds a fault to a person's row.
func (f *Preflight) hold(one *identity, fault export.Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults[one.person] = append(f.faults[one.person], fault)
}
