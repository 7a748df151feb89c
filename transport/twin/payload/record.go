// Package payload knows the objects of Coupa's API: their elements, their JSON and XML, the queries over them, and what
// part of them an answer shows. It knows nothing of what an instance holds.
package payload

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Record is an object as Coupa's API shows it, keyed by hyphenated element names.
// Values are nil, bool, int64, string, Record, or []any of Record or string.
type Record map[string]any

// Clone copies r deeply.
func (r Record) Clone() Record {
	if r == nil {
		return nil
	}
	c := make(Record, len(r))
	for k, v := range r {
		c[k] = cloneValue(v)
	}
	return c
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case Record:
		return v.Clone()
	case []any:
		c := make([]any, len(v))
		for i, item := range v {
			c[i] = cloneValue(item)
		}
		return c
	}
	return v
}

// Text returns the value at a path of element names as text, "" if there is none.
func (r Record) Text(path ...string) string {
	var v any = r
	for _, name := range path {
		inner, ok := v.(Record)
		if !ok {
			return ""
		}
		v = inner[name]
	}
	return TextOf(v)
}

// Names returns the name of each item of the list at element, in stored order.
func (r Record) Names(element string) []string {
	items, _ := r[element].([]any)
	names := make([]string, 0, len(items))
	for _, item := range items {
		if rec, ok := item.(Record); ok {
			names = append(names, rec.Text("name"))
		}
	}
	return names
}

// Put stores v at path and makes the objects on the way.
func (r Record) Put(path []string, v any) {
	at := r
	for _, name := range path[:len(path)-1] {
		inner, ok := at[name].(Record)
		if !ok {
			inner = Record{}
			at[name] = inner
		}
		at = inner
	}
	at[path[len(path)-1]] = v
}

// Has reports whether there is an element at path, even an empty one.
func (r Record) Has(path []string) bool {
	v, ok := r[path[0]]
	if len(path) == 1 || !ok {
		return ok
	}
	inner, isObject := v.(Record)
	return isObject && inner.Has(path[1:])
}

// Values returns all values at path; items of lists are separate values.
func (r Record) Values(path []string) []any {
	found := []any{r}
	for _, name := range path {
		var next []any
		for _, v := range found {
			next = append(next, step(v, name)...)
		}
		found = next
	}
	return found
}

func step(v any, name string) []any {
	switch v := v.(type) {
	case Record:
		return []any{v[name]}
	case []any:
		var all []any
		for _, item := range v {
			all = append(all, step(item, name)...)
		}
		return all
	}
	return []any{nil}
}

// TextOf returns a plain value as text, "" for anything else.
func TextOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}

// SortedKeys returns the element names, id first, so that output is stable.
func (r Record) SortedKeys() []string {
	keys := slices.Collect(maps.Keys(r))
	slices.SortFunc(keys, func(a, b string) int {
		if (a == "id") != (b == "id") {
			if a == "id" {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	return keys
}

// hyphens returns an element name in the form with hyphens.
func hyphens(name string) string { return strings.ReplaceAll(name, "_", "-") }

// Underscores returns an element name in the form with underscores.
func Underscores(name string) string { return strings.ReplaceAll(name, "-", "_") }

// singular names one item of a list element: roles, role; addresses, address.
func singular(name string) string {
	switch {
	case strings.HasSuffix(name, "sses"):
		return strings.TrimSuffix(name, "es")
	case strings.HasSuffix(name, "ies"):
		return strings.TrimSuffix(name, "ies") + "y"
	}
	return strings.TrimSuffix(name, "s")
}

// Humanize returns an element name as messages begin with it: Default currency for default-currency.
func Humanize(element string) string {
	text := strings.ReplaceAll(element, "-", " ")
	return strings.ToUpper(text[:1]) + text[1:]
}

// Stamp returns a time as Coupa's payloads show it, with the zone's offset.
func Stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05-07:00") }

// ParseInt reads an id or another whole number.
func ParseInt(text string) (int64, error) { return strconv.ParseInt(text, 10, 64) }
