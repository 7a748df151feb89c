package export

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ElementKind is the kind of the value at an element of a user; it decides when two values are the same.
type ElementKind uint8

const (
	KindText    ElementKind = iota // compared exactly, except for blanks around it and the form of line breaks
	KindFold                       // a login, an e-mail address, a code: compared without case (no page of Coupa says whether case counts)
	KindBool                       // Yes and No in a cell, true and false in Coupa; null is No
	KindStatus                     // active and inactive in a cell, true and false in Coupa
	KindInteger                    // null is 0
	KindNames                      // a list of names: the order does not count
	KindPhone                      // the digits count
	KindLimit                      // an amount with its currency, or the name of a limit: 500.00 USD is 500 USD
	KindCustom                     // a custom field: text, number, flag, or an object with a name
	KindRemoval                    // Yes in the cell removes the whole object
	KindAction                     // makes Coupa do something; it stores nothing that could be read back
)

// Element is the place of a column's value in a user, as Coupa's API shows users. The API client makes elements from
// the table of columns.
type Element struct {
	Column string // of the users import: Department
	Path   string // department.name; [] is each of a list: roles[].name
	Kind   ElementKind
	Empty  string // the text that stands for "nothing" in a cell of the CSV route: --NULL--; "" where there is none
}

// Object returns the outermost element of the path: department.
func (e Element) Object() string {
	name, _, _ := strings.Cut(e.Path, ".")
	return strings.TrimSuffix(name, "[]")
}

// Value is what Coupa holds at an element. Null, empty and without members are the same: the zero value.
type Value struct {
	Text  string            `json:"text,omitempty"`
	List  []string          `json:"list,omitempty"`  // of KindNames
	Parts map[string]string `json:"parts,omitempty"` // of an object that is one value: a phone number, a limit, a custom field that is a look-up
}

// User is one of Coupa's users, as far as it was asked for. It holds personal data.
type User struct {
	ID     string           // Coupa's number, as text
	Values map[string]Value // by Element.Path; what is missing was not in the answer: unknown, not empty
	Answer string           // for the log, after a write: the call and Coupa's status: PUT /api/users/281: 200
}

// Value returns what Coupa holds at an element; known is false where the answer did not have it, for example because of
// a response filter.
func (u User) Value(e Element) (v Value, known bool) {
	v, known = u.Values[e.Path]
	return v, known
}

// ElementCell is a cell on its way to an element.
type ElementCell struct {
	Element Element
	Cell    Cell
}

// LookUp is how many values one look-up asks for. An answer holds at most 50 users (Querying Options), and after a full
// one a second page would have to be asked for.
const LookUp = 49

// Directory is Coupa's list of users. Several goroutines may call its methods, which retry by themselves. A
// *NotDeliveredError means that no further call is of use. Any other error, except a *RefusedError, means that this
// call failed.
type Directory interface {
	// Find returns every user with one of values, case aside, in the element by, with the elements of want. Values that
	// no user has are skipped. There may be several users for one value; see One. A failed look-up is an error, never
	// "no user".
	Find(ctx context.Context, by Element, values []string, want []Element) ([]User, error)
	// Update writes cells of one user in one call and returns these elements as Coupa shows them afterwards. Success is
	// no proof: a reference that does not exist leaves the old value, so Compare must follow. Names of a list are added
	// to the existing ones; see UpdateSteps. It may be repeated. After an error that is not a *RefusedError the update
	// may have happened.
	Update(ctx context.Context, id string, cells []ElementCell) (User, error)
	// Create creates a user from cells, which include the login. It never creates two: where an answer was lost, it
	// looks up the login before it tries again. Compare must follow.
	Create(ctx context.Context, cells []ElementCell) (User, error)
}

// RefusedError is Coupa's refusal of one write; the same write gets the same answer. Its text can be logged: it holds
// none of Coupa's words.
type RefusedError struct {
	Op       string // PUT /api/users/281
	Status   int
	Messages []string // Coupa's words unchanged: they may name people, so they are for reports; for logs see Masker
}

// Error returns the call and the status, without Coupa's words.
func (e *RefusedError) Error() string { return fmt.Sprintf("%s: %d: refused", e.Op, e.Status) }

// NotOneError reports that a key does not match exactly one user, so that none is used. Its text can be logged.
type NotOneError struct {
	Column string   // the key
	IDs    []string // Coupa's numbers of the users with it; empty: no user has it
}

// Error returns the key's column and why it does not match exactly one user.
func (e *NotOneError) Error() string { return e.Column + ": " + e.why() }

const (
	sayNobodyHas   = "no Coupa user has this value"
	saySeveralHave = "%d users in Coupa have this value (Coupa ids %s); none is taken"
)

// Hints returns what to do where several users have the value.
func (e *NotOneError) Hints() []string {
	if len(e.IDs) == 0 {
		return nil
	}
	return []string{"make the value unique in Coupa"}
}

func (e *NotOneError) why() string {
	if len(e.IDs) == 0 {
		return sayNobodyHas
	}
	return fmt.Sprintf(saySeveralHave, len(e.IDs), strings.Join(e.IDs, ", "))
}

// Fault returns the error as a fault of a row.
func (e *NotOneError) Fault() Fault {
	return Fault{Field: e.Column, Rule: "several", Message: e.why()}
}

// One returns the one user among those found that has the value in the element by. None and several are a *NotOneError.
func One(found []User, by Element, value string) (User, error) {
	none := &NotOneError{Column: by.Column}
	var one User
	for _, u := range found {
		if held, known := u.Value(by); known && FoldText(held.Text) == FoldText(value) {
			one = u
			none.IDs = append(none.IDs, u.ID)
		}
	}
	if len(none.IDs) != 1 {
		return User{}, none
	}
	return one, nil
}

// UpdateSteps splits the cells of one user into calls of Update. A list that loses a name takes two calls, since Coupa
// adds what is sent to the existing names (Remove a Role from a User). The first call empties the list and writes all
// other cells, so that a refusal leaves the list whole; the second fills it. Between the two the list is empty: what u
// holds must be recorded before the first.
func UpdateSteps(cells []ElementCell, u User) [][]ElementCell {
	var first, second []ElementCell
	for _, c := range cells {
		if !LosesNames(c, u) {
			first = append(first, c)
			continue
		}
		first = append(first, ElementCell{c.Element, Cell{State: Clear}})
		second = append(second, c)
	}
	if second == nil {
		return [][]ElementCell{first}
	}
	return [][]ElementCell{first, second}
}

// LosesNames reports whether a list has, or may have, names that the cell leaves out although it does not empty the
// list.
func LosesNames(c ElementCell, u User) bool {
	if c.Element.Kind != KindNames || c.empties() {
		return false
	}
	held, known := u.Value(c.Element)
	keep := comparedNames(SplitNames(c.Cell.Text))
	for name := range comparedNames(held.List) {
		if !keep[name] {
			return true
		}
	}
	return !known
}

// Secrets returns the texts of a cell that are personal data. It leaves out flags and statuses, which are words of
// ordinary messages.
func (c ElementCell) Secrets() []string {
	text := strings.TrimSpace(c.Cell.Text)
	switch {
	case c.Cell.State != Set || text == "":
		return nil
	case c.Element.Kind == KindNames:
		return append(SplitNames(text), text)
	case c.Element.Kind == KindBool, c.Element.Kind == KindStatus, c.Element.Kind == KindInteger,
		c.Element.Kind == KindRemoval, c.Element.Kind == KindAction:
		return nil
	}
	if strings.HasSuffix(c.Element.Path, "name") && !strings.Contains(c.Element.Path, ".") && c.Element.Kind == KindText { // a part of a name identifies a person too
		return append(namesIn(text), text)
	}
	return []string{text}
}

// namesIn returns the words of a name that are long enough to identify a person.
func namesIn(name string) (words []string) {
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return !IsNameRune(r) && r != '-' && r != '\'' && r != '\u2019' }) {
		if utf8.RuneCountInString(word) > 2 {
			words = append(words, word)
		}
	}
	return words
}

// IsNameRune reports whether r is a letter or a digit and so can be part of a name.
func IsNameRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
