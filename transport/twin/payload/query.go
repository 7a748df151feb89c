package payload

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// PageSize is the most records one answer holds ("Querying Options").
const PageSize = 50

// Query is the understood query string of a list call ("API Operators", "Arguments").
type Query struct {
	Conditions    []Condition
	Limit, offset int
	OrderBy       []string
	descending    bool
	Shape         Shape
}

// Condition is one attribute filter: manager[login]=x, roles[name][in]=A,B, created_at[gt]=….
type Condition struct {
	Path  []string
	Op    string
	Value string
}

func operators() []string {
	return []string{"contains", "starts_with", "ends_with", "gt", "lt", "gt_or_eq", "lt_or_eq", "not_eq", "in", "not_in", "blank"}
}

// ParseQuery reads a query string; known reports whether the resource can be queried by the element at a path of names.
func ParseQuery(values url.Values, known func(path []string) bool, ignoreUnknown bool) (Query, error) {
	q := Query{Limit: PageSize, OrderBy: []string{"id"}}
	var err error
	if q.Shape, err = ParseShape(values); err != nil {
		return q, err
	}
	for key, vs := range values {
		value := vs[len(vs)-1]
		switch key {
		case "limit", "offset":
			if err := q.setCount(key, value); err != nil {
				return q, err
			}
		case "order_by":
			q.OrderBy = attributePath(value)
		case "dir":
			q.descending = strings.EqualFold(value, "desc")
		case "fields", "return_object", "filter", "exported":
		default:
			c, err := parseCondition(key, value)
			if err != nil {
				return q, err
			}
			if known(c.Path) {
				q.Conditions = append(q.Conditions, c)
			} else if !ignoreUnknown {
				return q, fmt.Errorf("%s is not a valid attribute", strings.Join(c.Path, "."))
			}
		}
	}
	return q, nil
}

func (q *Query) setCount(key, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return fmt.Errorf("%s is not a number", key)
	}
	if key == "offset" {
		q.offset = n
		return nil
	}
	q.Limit = min(n, PageSize)
	return nil
}

// attributePath splits manager[login] into hyphenated element names.
func attributePath(key string) []string {
	parts := strings.Split(strings.ReplaceAll(key, "]", ""), "[")
	for i, part := range parts {
		parts[i] = hyphens(part)
	}
	return parts
}

func parseCondition(key, value string) (Condition, error) {
	c := Condition{Path: attributePath(key), Value: unquote(value)}
	last := Underscores(c.Path[len(c.Path)-1])
	if len(c.Path) > 1 && slices.Contains(operators(), last) {
		c.Op, c.Path = last, c.Path[:len(c.Path)-1]
	}
	if slices.Contains(c.Path, "") {
		return c, fmt.Errorf("%s is not a valid attribute", key)
	}
	return c, nil
}

// unquote removes the single quotes that Coupa's samples put around times.
func unquote(value string) string {
	if len(value) >= 2 && value[0] == '\'' && value[len(value)-1] == '\'' {
		return value[1 : len(value)-1]
	}
	return value
}

// Run returns the records of the page that q asks for; the records must be sorted by id. With fold, case does not matter.
func (q Query) Run(records []Record, fold bool) []Record {
	hits := slices.DeleteFunc(records, func(r Record) bool {
		return slices.ContainsFunc(q.Conditions, func(c Condition) bool { return !c.holds(r, fold) })
	})
	if byID := slices.Equal(q.OrderBy, []string{"id"}); !byID || q.descending {
		q.sort(hits, fold)
	}
	hits = hits[min(q.offset, len(hits)):]
	return hits[:min(q.Limit, len(hits))]
}

func (q Query) sort(hits []Record, fold bool) {
	slices.SortStableFunc(hits, func(a, b Record) int {
		order := compare(firstValue(a, q.OrderBy), firstValue(b, q.OrderBy), fold)
		if q.descending {
			return -order
		}
		return order
	})
}

func firstValue(r Record, path []string) any {
	if values := r.Values(path); len(values) > 0 {
		return values[0]
	}
	return nil
}

// holds reports whether any value at the path meets the condition; for a negation, whether all do.
func (c Condition) holds(r Record, fold bool) bool {
	values := r.Values(c.Path)
	switch c.Op {
	case "not_eq":
		return !slices.ContainsFunc(values, func(v any) bool { return equal(v, c.Value, fold) })
	case "not_in":
		return !c.in(values, fold)
	case "in":
		return c.in(values, fold)
	case "blank":
		blank := !slices.ContainsFunc(values, func(v any) bool { return TextOf(v) != "" })
		return blank == (c.Value != "false")
	}
	return slices.ContainsFunc(values, func(v any) bool { return c.meets(v, fold) })
}

func (c Condition) in(values []any, fold bool) bool {
	for want := range strings.SplitSeq(c.Value, ",") {
		if slices.ContainsFunc(values, func(v any) bool { return equal(v, strings.TrimSpace(want), fold) }) {
			return true
		}
	}
	return false
}

func (c Condition) meets(v any, fold bool) bool {
	have, want := TextOf(v), c.Value
	if fold {
		have, want = strings.ToLower(have), strings.ToLower(want)
	}
	switch c.Op {
	case "contains":
		return strings.Contains(have, want)
	case "starts_with":
		return strings.HasPrefix(have, want)
	case "ends_with":
		return strings.HasSuffix(have, want)
	case "":
		return equal(v, c.Value, fold)
	}
	order := compare(v, c.Value, fold)
	switch {
	case have == "":
		return false
	case c.Op == "gt":
		return order > 0
	case c.Op == "lt":
		return order < 0
	case c.Op == "gt_or_eq":
		return order >= 0
	}
	return order <= 0
}

func equal(v any, want string, fold bool) bool { return compare(v, want, fold) == 0 }

// compare orders two values: as numbers, as times, else as text.
func compare(a, b any, fold bool) int {
	x, y := TextOf(a), TextOf(b)
	if m, err := ParseInt(x); err == nil {
		if n, err := ParseInt(y); err == nil && isNumber(a) {
			return cmp.Compare(m, n)
		}
	}
	if s, ok := parseTime(x); ok {
		if t, ok := parseTime(y); ok {
			return s.Compare(t)
		}
	}
	if fold {
		x, y = strings.ToLower(x), strings.ToLower(y)
	}
	return strings.Compare(x, y)
}

func isNumber(v any) bool {
	_, ok := v.(int64)
	return ok
}

// parseTime reads ISO 8601 with a zone, and the samples' form in UTC.
func parseTime(text string) (time.Time, bool) {
	if len(text) < len(time.DateOnly) || text[4] != '-' { // nearly every value of a user
		return time.Time{}, false
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
