package coupa

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

const (
	sayRefuses   = "Coupa does not let users be looked up by %s (element %s)"
	sayNoText    = "%s is an object in the answer and no text, so users cannot be looked up by it"
	sayIgnores   = "more than %d users for %d values of %s: Coupa seems to ignore the filter, or many users share a value"
	sayUnheeded  = "Coupa ignores a query for users by %s (element %s), and answers with others"
	doOtherMatch = "name elements in layout.match that the instance lets query"
)

// textKinds are the kinds of a value that one argument of a query can hold and that may name a person.
var textKinds = [...]export.ElementKind{export.KindText, export.KindFold, export.KindInteger, export.KindCustom}

// Queryable returns why users cannot be looked up by an element, as far as the element's kind says; nil where they can.
// Whether the instance allows it only a query shows: see CanQuery.
func Queryable(by export.Element) error {
	switch {
	case by.Kind == export.KindCustom && !elementName().MatchString(by.Path):
		return fmt.Errorf("users cannot be looked up by %s: no element name can be made of it", by.Column)
	case by.Kind != export.KindCustom && strings.ContainsAny(by.Path, ".[]"), !slices.Contains(textKinds[:], by.Kind):
		return export.Hint(fmt.Errorf("users cannot be looked up by %s: it is not a single text of the user's own", by.Column), "use Id, Login, Employee Number, Email or a custom field")
	}
	return nil
}

// argument returns the name of an element in a query: employee_number, custom_fields[school_name] (Querying Options: with
// underscores, and nested in brackets). No page has a query by a custom field; it is assumed to be nested like others.
func argument(by export.Element) string {
	outer, inner, nested := strings.Cut(strings.ReplaceAll(by.Path, "-", "_"), ".")
	if !nested {
		return outer
	}
	return outer + "[" + inner + "]"
}

// refusedQuery returns the error of a look-up. No page says how Coupa refuses a query by an element: any final refusal of
// the call itself counts as one, and names the element.
func refusedQuery(by export.Element, err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.hope != none || e.Status != http.StatusBadRequest && e.Status != http.StatusUnprocessableEntity {
		return err
	}
	return &Error{Op: e.Op, Status: e.Status, Msg: e.Msg + ": " + fmt.Sprintf(sayRefuses, by.Column, by.Path), Hint: doOtherMatch, Err: errNotQueryable}
}

// errNotQueryable is the cause of errors about elements that the instance does not let query.
var errNotQueryable = errors.New("not queryable")

// noSuchValue is a value that no user has.
const noSuchValue = "hr2coupa-asks-whether-this-can-be-queried"

// CanQuery proves with one cheap call that the instance lets users be looked up by an element. Its error is an
// *export.NotDeliveredError, unless ctx ended or the element is of a kind that cannot be looked up by.
func (u *Users) CanQuery(ctx context.Context, by export.Element) error {
	if err := Queryable(by); err != nil {
		return err
	}
	value := noSuchValue
	if by.Kind == export.KindInteger {
		value = "0"
	}
	users, err := u.query(u.client.wire.checking(ctx), url.Values{argument(by): {value}, "limit": {"1"}, "fields": {fieldsOf([]export.Element{by})}}, nil)
	if err == nil && len(users) > 0 {
		err = &Error{Op: "GET " + usersPath, Status: http.StatusOK, Msg: fmt.Sprintf(sayUnheeded, by.Column, by.Path), Hint: doOtherMatch, Err: errNotQueryable}
	}
	return unusable(u.client.wire.base, refusedQuery(by, err))
}
