package instance

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/templates"
	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
)

// nullWord removes all roles if it is the whole cell ("Remove a Role from a User").
const nullWord = "--NULL--"

// FieldError is one refused value: Coupa's internal attribute name, the value and the message.
type FieldError struct {
	Attr, Value, Message string
}

// set stores the text of a cell, which is not empty, in the draft. It returns Coupa's message if the value is refused, else
// "". The column is known, so only values can be wrong.
func (d *Users) set(draft *account, c *column, text string) string {
	if problem := lengthProblem(c, text); problem != "" {
		return problem
	}
	switch {
	case c.Name == "Remove Default Address":
		return d.removeAddress(draft, c, text)
	case c.Sensitive:
		return "" // accepted and not kept: the twin stores no card data
	case c.List:
		return d.setList(draft, c, text)
	case c.manager():
		return d.setManager(draft, c, text)
	case c.reference():
		return d.setReference(draft, c, text)
	case c.Type == templates.TypeLimit:
		return d.setLimit(draft, c, text)
	}
	v, problem := scalar(c, text)
	if problem == "" {
		draft.put(c, v)
	}
	return problem
}

func lengthProblem(c *column, text string) string {
	n := utf8.RuneCountInString(text)
	switch {
	case c.MaxLength > 0 && n > c.MaxLength:
		return fmt.Sprintf("%s is too long (maximum is %d characters)", c.label, c.MaxLength)
	case n < c.MinLength:
		return fmt.Sprintf("%s is too short (minimum is %d characters)", c.label, c.MinLength)
	}
	return ""
}

var (
	emailForm   = regexp.MustCompile(`^[^\s@]+@[^\s@]+$`)
	phoneForm   = regexp.MustCompile(`^(?:\+?(\d{1,3}) )?(\d{1,5})-(\d{1,6}-\d{1,6}|\d{3,14})(?: (?:x|ext\.?) ?(\d{1,10}))?$`)
	countryForm = regexp.MustCompile(`^[A-Z]{2}$`)
	limitForm   = regexp.MustCompile(`^(\d+(?:\.\d+)?) ([A-Z]{3,6})$`)
)

// scalar reads a value of a plain type.
func scalar(c *column, text string) (any, string) {
	switch c.Type {
	case templates.TypeBoolean:
		return boolean(c, text)
	case templates.TypeEnum, templates.TypeInteger:
		return choice(c, text)
	case templates.TypeLocale:
		if !slices.ContainsFunc(templates.UsersLocales(), func(l templates.Locale) bool { return l.Name == text }) {
			return nil, c.label + " is not included in the list"
		}
	case templates.TypeEmail:
		if !emailForm.MatchString(text) {
			return nil, c.label + " is invalid"
		}
	case templates.TypeCountry:
		if !countryForm.MatchString(text) {
			return nil, unmatched(payload.Humanize(c.path[0]))
		}
	case templates.TypePhone:
		return phone(c, text)
	}
	return text, ""
}

// boolean accepts the documented spellings; a column that lists only Yes and No accepts only these.
func boolean(c *column, text string) (any, string) {
	i := slices.IndexFunc(c.Allowed, func(a string) bool { return strings.EqualFold(a, text) })
	if i < 0 {
		return nil, c.label + " is not included in the list"
	}
	return strings.ContainsAny(text[:1], "YyTt"), ""
}

func choice(c *column, text string) (any, string) {
	switch {
	case c.Name == "Status":
		if text != "active" && text != "inactive" {
			return nil, "Status is not included in the list"
		}
		return text == "active", ""
	case c.Name == "Authentication Method":
		if !slices.ContainsFunc(c.Allowed, func(a string) bool { return strings.EqualFold(a, text) }) {
			return nil, c.label + " is not included in the list"
		}
		return strings.ToLower(text), ""
	case len(c.Allowed) > 0 && !slices.Contains(c.Allowed, text):
		return nil, c.label + " is not included in the list"
	case c.Type == templates.TypeInteger:
		n, err := payload.ParseInt(text)
		if err != nil {
			return nil, c.label + " is not a number"
		}
		return n, ""
	}
	return text, ""
}

func phone(c *column, text string) (any, string) {
	m := phoneForm.FindStringSubmatch(text)
	if m == nil {
		return nil, c.label + " is invalid"
	}
	if m[1] == "" {
		m[1] = "1"
	}
	var extension any
	if m[4] != "" {
		extension = m[4]
	}
	return payload.Record{"country-code": m[1], "area-code": m[2], "number": m[3], "extension": extension}, ""
}

// unmatched follows the documented sample "Parent unable to find matching parent."
func unmatched(label string) string {
	return fmt.Sprintf("%s unable to find matching %s.", label, strings.ToLower(label))
}

func (d *Users) setReference(draft *account, c *column, text string) string {
	ref, ok := d.refs.find(c.path[0], c.key(), text)
	if !ok {
		return unmatched(c.label)
	}
	draft.shown[c.path[0]] = ref
	return ""
}

func (d *Users) setManager(draft *account, c *column, text string) string {
	boss := d.byLogin(text)
	if boss == nil {
		return unmatched(c.label)
	}
	draft.shown["manager"] = boss.asManager()
	return ""
}

// setList replaces the list: the cell says what the user should have ("Remove a Role from a User").
func (d *Users) setList(draft *account, c *column, text string) string {
	if text == nullWord && (c.path[0] == "roles" || d.board.Get().NullWord == "lists") {
		draft.put(c, []any{})
		return ""
	}
	var items []any
	for name := range strings.SplitSeq(text, ",") {
		ref, ok := d.refs.find(c.path[0], "name", strings.TrimSpace(name))
		if !ok {
			return unmatched(c.label)
		}
		items = append(items, ref)
	}
	draft.put(c, items)
	return ""
}

// setLimit accepts an amount with a currency, or the name of an existing limit. The two general
// columns set several limits at once ("Users Import").
func (d *Users) setLimit(draft *account, c *column, text string) string {
	limit, ok := d.limit(text)
	if !ok {
		return unmatched(c.label)
	}
	draft.put(c, limit)
	for _, element := range limitsUnder(c.Name) {
		draft.shown[element] = limit.Clone()
	}
	return ""
}

func limitsUnder(name string) []string {
	switch name {
	case "Approval Limit":
		return []string{"requisition-approval-limit", "expense-approval-limit", "invoice-approval-limit"}
	case "Self Approval Limit":
		return []string{"requisition-self-approval-limit", "expense-self-approval-limit"}
	}
	return nil
}

func (d *Users) limit(text string) (payload.Record, bool) {
	m := limitForm.FindStringSubmatch(text)
	if m == nil {
		return d.refs.find("approval-limit", "name", text)
	}
	currency, ok := d.refs.find("default-currency", "code", m[2])
	if !ok {
		return nil, false
	}
	return payload.Record{"name": text, "amount": m[1], "currency": currency}, true
}

func (d *Users) removeAddress(draft *account, c *column, text string) string {
	remove, problem := boolean(c, text)
	if remove == true {
		draft.shown["default-address"] = nil
	}
	return problem
}

// clear empties the column's element.
func (draft *account) clear(c *column) {
	switch {
	case c.List:
		draft.put(c, []any{})
	case c.reference():
		draft.shown[c.path[0]] = nil
	default:
		draft.put(c, nil)
	}
}
