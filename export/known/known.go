// Package known has the overrides of a config: what a row of a person says in place of what HR says, until a day, and who is left
// as they are. A person stands behind each, with a reason. It reads no file; the bytes come from its caller.
package known

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

// The words of a file of overrides, beside its header.
const (
	keep = "keep"
	all  = "*"
)

// MaxSize bounds the bytes of a file of overrides, and maxLines its overrides: they are exceptions, which a person has to know of.
const (
	MaxSize  = 4 << 20
	maxLines = 20_000
)

// header are the fields of the file, in any order.
var header = []string{"key", "column", "value", "owner", "reason", "until"}

// Override is a line of the file.
type Override struct {
	Line   int
	Key    string // as feed.key has it
	Column string // a Coupa column; * is the whole person
	Value  string // "": what Coupa has stays
	Owner  string
	Reason string
	Until  time.Time // the last day on which it counts; zero: it has no end
}

// Keeps reports whether the override leaves what Coupa has.
func (o *Override) Keeps() bool { return o.Value == "" }

// Problem is what is wrong with a line of the file.
type Problem struct {
	Line          int // 0: of the whole file
	Message, Hint string
}

// List are the overrides of a file.
type List struct {
	name  string // of the file, for messages
	lines []Override
}

// Read reads a file of overrides. columns are those that they may be about. It returns every problem that it finds, in the order of
// lines; the list is nil where there is one.
func Read(name string, data []byte, columns []string) (*List, []Problem) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	at, problem := readHeader(r)
	if problem != nil {
		return nil, []Problem{*problem}
	}
	l := &List{name: name}
	var problems []Problem
	first := map[[2]string]int{}
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, append(problems, *broken(err))
		}
		line, _ := r.FieldPos(0)
		if len(l.lines) == maxLines {
			return nil, append(problems, Problem{line, fmt.Sprintf("there are more than %d overrides", maxLines), "what is so of many people belongs into the mapping"})
		}
		if len(fields) != len(at) {
			problems = append(problems, Problem{line, fmt.Sprintf("has %d fields, the header has %d", len(fields), len(at)), "quote values that hold a comma"})
			continue
		}
		o, wrong := read(line, fields, at, columns)
		if twice := first[[2]string{o.Key, o.Column}]; twice > 0 {
			wrong = append(wrong, Problem{line, fmt.Sprintf("says the same person and column as line %d", twice), "keep one of the two"})
		} else if whole := first[[2]string{o.Key, all}]; whole > 0 {
			wrong = append(wrong, Problem{line, fmt.Sprintf("line %d leaves the whole person as is", whole), "keep one of the two"})
		}
		first[[2]string{o.Key, o.Column}] = line
		problems = append(problems, wrong...)
		l.lines = append(l.lines, o)
	}
	for _, o := range l.lines { // a line before the one of the whole person
		if whole := first[[2]string{o.Key, all}]; whole > o.Line && o.Column != all {
			problems = append(problems, Problem{o.Line, fmt.Sprintf("line %d leaves the whole person as is", whole), "keep one of the two"})
		}
	}
	if len(problems) > 0 {
		slices.SortStableFunc(problems, func(a, b Problem) int { return a.Line - b.Line })
		return nil, problems
	}
	return l, nil
}

func broken(err error) *Problem {
	var wrong *csv.ParseError
	if errors.As(err, &wrong) {
		return &Problem{wrong.StartLine, wrong.Err.Error(), "quote values that hold a comma or a quote, and double the quotes inside"}
	}
	return &Problem{0, err.Error(), ""}
}

// readHeader returns the places of the fields.
func readHeader(r *csv.Reader) (at map[string]int, problem *Problem) {
	hint := "write " + strings.Join(header, ",")
	names, err := r.Read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, &Problem{1, "has no header", hint}
	case err != nil:
		return nil, broken(err)
	}
	at = map[string]int{}
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := at[name]; twice || !slices.Contains(header, name) {
			return nil, &Problem{1, fmt.Sprintf("the header has %q, which is no field of it or stands there twice", name), hint}
		}
		at[name] = i
	}
	for _, name := range header {
		if _, has := at[name]; !has {
			return nil, &Problem{1, fmt.Sprintf("the header lacks %q", name), hint}
		}
	}
	return at, nil
}

func read(line int, fields []string, at map[string]int, columns []string) (o Override, wrong []Problem) {
	field := func(name string) string { return strings.TrimSpace(fields[at[name]]) }
	bad := func(hint, format string, args ...any) {
		wrong = append(wrong, Problem{line, fmt.Sprintf(format, args...), hint})
	}
	o = Override{Line: line, Key: alike.Tidy(field("key")), Column: field("column"), Value: field("value"), Owner: field("owner"), Reason: field("reason")}
	if o.Key == "" {
		bad("write the person's value of feed.key", "has no key")
	}
	switch {
	case o.Column == "":
		bad("write a Coupa column, or * for the whole person", "has no column")
	case o.Column == all && o.Value != keep:
		bad("write keep, or a line for each column", "* is the whole person, who can only be kept as is")
	case o.Column != all && !slices.Contains(columns, o.Column):
		hint := "an override is about a column of mapping.columns, or about Id where Coupa is asked"
		if near := alike.Nearest(o.Column, columns); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		bad(hint, "the mapping fills no column %q", o.Column)
	}
	switch {
	case o.Value == "":
		bad("write the value, or keep to leave what Coupa has", "has no value")
	case strings.EqualFold(o.Value, export.NullWord):
		bad("write clear() in the mapping, where it is seen", "%s would empty the column in Coupa", export.NullWord)
	case o.Value == keep:
		o.Value = ""
	}
	if o.Owner == "" || o.Reason == "" {
		bad("write who has asked for it, and why", "has no owner or no reason")
	}
	if until := field("until"); until != "" {
		var err error
		if o.Until, err = time.Parse(time.DateOnly, until); err != nil {
			bad("write the last day as 2027-06-30, or nothing", "until is no date")
		}
	}
	return o, wrong
}

// Of returns a person's overrides, whether they count or not.
func (l *List) Of(key string) (of []Override) {
	if l == nil {
		return nil
	}
	for _, o := range l.lines {
		if o.Key == alike.Tidy(key) {
			of = append(of, o)
		}
	}
	return of
}

// SaysID reports whether an override gives a person's Id.
func (l *List) SaysID() bool {
	return l != nil && slices.ContainsFunc(l.lines, func(o Override) bool { return o.Column == export.ColumnID && !o.Keeps() })
}

// Ends reports whether an override has a last day, so that a plan depends on the day.
func (l *List) Ends() bool {
	return l != nil && slices.ContainsFunc(l.lines, func(o Override) bool { return !o.Until.IsZero() })
}

// Counts reports whether an override counts on a day: year, month and day of the time as it stands.
func (o *Override) Counts(day time.Time) bool {
	y, m, d := day.Date()
	return o.Until.IsZero() || !o.Until.Before(time.Date(y, m, d, 0, 0, 0, 0, time.UTC))
}

// Text names the override by its place, with who stands behind it, and why.
func (l *List) Text(o *Override) string {
	return fmt.Sprintf("%s (%s, %s)", export.Origin{File: l.name, Line: o.Line}, o.Owner, o.Reason)
}

// Expired returns a fault for each override that has ended before a day. Its text names no person.
func (l *List) Expired(day time.Time) (faults []export.Fault) {
	if l == nil {
		return nil
	}
	for i := range l.lines {
		if o := &l.lines[i]; !o.Counts(day) {
			faults = append(faults, export.Fault{
				Origin: export.Origin{File: l.name, Line: o.Line}, Rule: "expired", Owner: o.Owner,
				Message: "has ended on " + o.Until.Format(time.DateOnly) + ", and is not applied any more", Hint: "remove the line, or give it another day",
			})
		}
	}
	return faults
}

// Lines returns the lines of a file that have a person's key, whatever else is wrong with it.
func Lines(data []byte, key string) (lines []int) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	for {
		fields, err := r.Read()
		if err != nil {
			return lines
		}
		if slices.ContainsFunc(fields, func(f string) bool { return alike.Tidy(f) == alike.Tidy(key) }) {
			line, _ := r.FieldPos(0)
			lines = append(lines, line)
		}
	}
}
