package twin

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// pageSize is the most records one answer holds ("Querying Options").
const pageSize = 50

// query is the understood query string of a list call ("API Operators", "Arguments").
type query struct {
	conditions    []condition
	limit, offset int
	orderBy       []string
	descending    bool
	shape         shape
}

// condition is one attribute filter: manager[login]=x, roles[name][in]=A,B, created_at[gt]=….
type condition struct {
	path  []string
	op    string
	value string
}

func operators() []string {
	return []string{"contains", "starts_with", "ends_with", "gt", "lt", "gt_or_eq", "lt_or_eq", "not_eq", "in", "not_in", "blank"}
}

// parseQuery reads a query string; known says whether a first element name exists in the resource.
func parseQuery(values url.Values, known func(string) bool, ignoreUnknown bool) (query, error) {
	q := query{limit: pageSize, orderBy: []string{"id"}}
	var err error
	if q.shape, err = parseShape(values); err != nil {
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
			q.orderBy = attributePath(value)
		case "dir":
			q.descending = strings.EqualFold(value, "desc")
		case "fields", "return_object", "filter", "exported":
		default:
			c, err := parseCondition(key, value)
			if err != nil {
				return q, err
			}
			if known(c.path[0]) {
				q.conditions = append(q.conditions, c)
			} else if !ignoreUnknown {
				return q, fmt.Errorf("%s is not a valid attribute", c.path[0])
			}
		}
	}
	return q, nil
}

func (q *query) setCount(key, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return fmt.Errorf("%s is not a number", key)
	}
	if key == "offset" {
		q.offset = n
		return nil
	}
	q.limit = min(n, pageSize)
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

func parseCondition(key, value string) (condition, error) {
	c := condition{path: attributePath(key), value: unquote(value)}
	last := underscores(c.path[len(c.path)-1])
	if len(c.path) > 1 && slices.Contains(operators(), last) {
		c.op, c.path = last, c.path[:len(c.path)-1]
	}
	if slices.Contains(c.path, "") {
		return c, fmt.Errorf("%s is not a valid attribute", key)
	}
	return c, nil
}

// unquote takes off the single quotes that Coupa's samples put around times.
func unquote(value string) string {
	if len(value) >= 2 && value[0] == '\'' && value[len(value)-1] == '\'' {
		return value[1 : len(value)-1]
	}
	return value
}

// run returns the records of the page that q asks for; they come by id. fold compares text without case.
func (q query) run(records []Record, fold bool) []Record {
	hits := slices.DeleteFunc(records, func(r Record) bool {
		return slices.ContainsFunc(q.conditions, func(c condition) bool { return !c.holds(r, fold) })
	})
	if byID := slices.Equal(q.orderBy, []string{"id"}); !byID || q.descending {
		q.sort(hits, fold)
	}
	hits = hits[min(q.offset, len(hits)):]
	return hits[:min(q.limit, len(hits))]
}

func (q query) sort(hits []Record, fold bool) {
	slices.SortStableFunc(hits, func(a, b Record) int {
		order := compare(firstValue(a, q.orderBy), firstValue(b, q.orderBy), fold)
		if q.descending {
			return -order
		}
		return order
	})
}

func firstValue(r Record, path []string) any {
	if values := r.values(path); len(values) > 0 {
		return values[0]
	}
	return nil
}

// holds tells whether any value at the path meets the condition; negations ask it of all.
func (c condition) holds(r Record, fold bool) bool {
	values := r.values(c.path)
	switch c.op {
	case "not_eq":
		return !slices.ContainsFunc(values, func(v any) bool { return equal(v, c.value, fold) })
	case "not_in":
		return !c.in(values, fold)
	case "in":
		return c.in(values, fold)
	case "blank":
		blank := !slices.ContainsFunc(values, func(v any) bool { return textOf(v) != "" })
		return blank == (c.value != "false")
	}
	return slices.ContainsFunc(values, func(v any) bool { return c.meets(v, fold) })
}

func (c condition) in(values []any, fold bool) bool {
	for want := range strings.SplitSeq(c.value, ",") {
		if slices.ContainsFunc(values, func(v any) bool { return equal(v, strings.TrimSpace(want), fold) }) {
			return true
		}
	}
	return false
}

func (c condition) meets(v any, fold bool) bool {
	have, want := textOf(v), c.value
	if fold {
		have, want = strings.ToLower(have), strings.ToLower(want)
	}
	switch c.op {
	case "contains":
		return strings.Contains(have, want)
	case "starts_with":
		return strings.HasPrefix(have, want)
	case "ends_with":
		return strings.HasSuffix(have, want)
	case "":
		return equal(v, c.value, fold)
	}
	order := compare(v, c.value, fold)
	switch {
	case have == "":
		return false
	case c.op == "gt":
		return order > 0
	case c.op == "lt":
		return order < 0
	case c.op == "gt_or_eq":
		return order >= 0
	}
	return order <= 0
}

func equal(v any, want string, fold bool) bool { return compare(v, want, fold) == 0 }

// compare orders two values: as numbers, as times, else as text.
func compare(a, b any, fold bool) int {
	x, y := textOf(a), textOf(b)
	if m, err := parseInt(x); err == nil {
		if n, err := parseInt(y); err == nil && isNumber(a) {
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

// shape is what an answer shows of each record: "API Return Formats".
type shape struct {
	fields []any  // decoded fields=[…]; nil: everything
	object string // return_object: "", none, limited, shallow
}

func parseShape(values url.Values) (shape, error) {
	s := shape{object: values.Get("return_object")}
	if text := values.Get("fields"); text != "" {
		if err := json.Unmarshal([]byte(text), &s.fields); err != nil {
			return s, fmt.Errorf("fields is not a JSON array")
		}
	}
	return s, nil
}

func (s shape) apply(r Record) Record {
	switch {
	case s.fields != nil:
		return pick(r, s.fields)
	case s.object == "limited":
		return Record{"id": r["id"]}
	case s.object == "shallow":
		flat := Record{}
		for key, v := range r {
			if _, nested := v.(Record); !nested {
				flat[key] = v
			}
		}
		return flat
	}
	return r
}

// pick keeps the named elements: "id", or {"roles": ["name"]} for what is inside.
func pick(r Record, fields []any) Record {
	out := Record{}
	for _, f := range fields {
		switch f := f.(type) {
		case string:
			out[hyphens(f)] = r[hyphens(f)]
		case map[string]any:
			for name, inner := range f {
				list, _ := inner.([]any)
				out[hyphens(name)] = pickInner(r[hyphens(name)], list)
			}
		}
	}
	return out
}

func pickInner(v any, fields []any) any {
	switch v := v.(type) {
	case Record:
		return pick(v, fields)
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = pickInner(item, fields)
		}
		return items
	}
	return v
}
