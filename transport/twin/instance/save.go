package instance

import (
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/templates"
	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
)

// Saved is the result of a POST or PUT: the whole user after it, or the errors.
type Saved struct {
	User   payload.Record
	Errors []FieldError
}

// Save applies the elements of an API body to user id, or to a new one (0). Elements that cannot be written, and
// references that do not exist, are ignored without an error ("Get Started with the API").
func (d *Users) Save(id int64, body payload.Record) Saved {
	d.mu.Lock()
	defer d.mu.Unlock()
	draft := &account{shown: payload.Record{}, hidden: payload.Record{}}
	if id != 0 {
		old, ok := d.users[id]
		if !ok {
			return Saved{Errors: []FieldError{{"id", "", "No results match your search criteria."}}}
		}
		draft = old.clone()
	}
	var errs []FieldError
	for _, element := range body.SortedKeys() {
		if element != "id" {
			errs = append(errs, d.saveElement(draft, element, body[element])...)
		}
	}
	if user, ok := d.refs.find("roles", "name", "User"); ok && id == 0 && draft.shown["roles"] == nil {
		draft.shown["roles"] = []any{user} // Coupa gives a new user this role (Create a User)
	}
	errs = append(errs, d.stillBlank(draft, errs)...)
	errs = append(errs, d.takenKeys(draft)...)
	if len(errs) > 0 {
		return Saved{Errors: errs}
	}
	d.commit(draft)
	return Saved{User: draft.shown.Clone()}
}

// Known reports whether users have an element at a path of names. Queries about others are refused. Of objects only custom
// fields are known part by part.
func (d *Users) Known(path []string) bool {
	if slices.Contains([]string{"id", "active", "created-at", "updated-at", "fullname"}, path[0]) {
		return true
	}
	cols := columnsAt(d.cols, path[0])
	if path[0] != "custom-fields" {
		return len(cols) > 0
	}
	return len(path) == 2 && slices.ContainsFunc(cols, func(c *column) bool { return slices.Equal(c.path, path) })
}

func (d *Users) saveElement(draft *account, element string, v any) []FieldError {
	cols := columnsAt(d.cols, element)
	if len(cols) == 0 {
		return nil
	}
	c := cols[0]
	switch {
	case c.List:
		d.saveList(draft, c, v)
		return nil
	case len(c.path) > 1 && !isRecord(v):
		draft.shown[element] = nil // an empty reference clears it
		return nil
	case len(c.path) > 1:
		return d.saveInner(draft, cols, v.(payload.Record))
	}
	return d.saveScalar(draft, c, v)
}

func isRecord(v any) bool {
	_, ok := v.(payload.Record)
	return ok
}

func (d *Users) saveScalar(draft *account, c *column, v any) []FieldError {
	text := payload.TextOf(v)
	if rec, ok := v.(payload.Record); ok {
		text = composed(c, rec)
	}
	switch {
	case c.Name == "Generate Password And Notify User":
		return nil
	case c.Name == "Status":
		if text != "true" && text != "false" {
			return nil
		}
		text = map[string]string{"true": "active", "false": "inactive"}[text]
	case text == "":
		draft.clear(c)
		return nil
	}
	return d.saveText(draft, c, text)
}

// saveText sets what the text of a cell would set, except that it ignores references that do not exist.
func (d *Users) saveText(draft *account, c *column, text string) []FieldError {
	if !d.exists(c, text) {
		return nil
	}
	if problem := d.set(draft, c, text); problem != "" {
		return []FieldError{{c.attr, text, problem}}
	}
	return nil
}

// exists reports whether the reference that text names exists; plain values always do.
func (d *Users) exists(c *column, text string) bool {
	found := true
	switch {
	case c.manager():
		return d.byLogin(text) != nil
	case c.reference():
		_, found = d.refs.find(c.path[0], c.key(), text)
	case c.Type == templates.TypeLimit:
		_, found = d.limit(text)
	}
	return found
}

// composed turns an object of the API back into the text of a cell: a phone, or a limit.
func composed(c *column, rec payload.Record) string {
	if c.Type == templates.TypePhone {
		text := rec.Text("area-code") + "-" + rec.Text("number")
		if code := rec.Text("country-code"); code != "" {
			text = "+" + strings.TrimPrefix(code, "+") + " " + text
		}
		if ext := rec.Text("extension"); ext != "" {
			text += " x" + ext
		}
		return text
	}
	if amount := rec.Text("amount"); amount != "" {
		return amount + " " + rec.Text("currency", "code")
	}
	return rec.Text("name")
}

// saveInner saves the parts of an object: a reference by its natural key or id, or an address field by field.
func (d *Users) saveInner(draft *account, cols []*column, v payload.Record) []FieldError {
	var errs []FieldError
	for _, c := range cols {
		if !v.Has(c.path[1:]) && !c.manager() {
			continue
		}
		text := payload.TextOf(v.Values(c.path[1:])[0])
		if c.manager() && text == "" {
			if id, ok := v["id"].(int64); ok && d.users[id] != nil {
				text = d.users[id].shown.Text("login")
			}
		}
		if text == "" {
			if !c.reference() {
				draft.clear(c) // an empty part of an address or a custom field; a reference is cleared as a whole
			}
			continue
		}
		errs = append(errs, d.saveText(draft, c, text)...)
	}
	return errs
}

// saveList adds to a list, or replaces it, as the switch says; an empty list clears it ("Remove a Role from a User").
func (d *Users) saveList(draft *account, c *column, v any) {
	given, ok := v.([]any)
	if !ok || len(given) == 0 {
		draft.shown[c.path[0]] = []any{}
		return
	}
	have, _ := draft.shown[c.path[0]].([]any)
	if d.board.Get().PutLists == "replace" {
		have = []any{}
	}
	for _, item := range given {
		rec, ok := item.(payload.Record)
		if !ok {
			continue
		}
		ref, known := d.refs.find(c.path[0], "name", rec.Text("name"))
		if !known && d.board.Get().UnknownInList == "list" {
			return
		}
		if known && !slices.ContainsFunc(have, func(h any) bool { return h.(payload.Record).Text("name") == rec.Text("name") }) {
			have = append(have, ref)
		}
	}
	draft.shown[c.path[0]] = have
}
