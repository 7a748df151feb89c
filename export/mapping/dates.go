package mapping

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

const isoDay = "YYYY-MM-DD"

// layoutWords are the words of a date layout with Go's words for them; of two that match, the longer comes first.
var layoutWords = []struct{ ours, golang string }{
	{"YYYY", "2006"}, {"YY", "06"},
	{"MMMM", "January"}, {"MMM", "Jan"}, {"MM", "01"}, {"M", "1"},
	{"DD", "02"}, {"D", "2"},
	{"HH", "15"}, {"H", "15"}, {"hh", "03"}, {"h", "3"},
	{"mm", "04"}, {"ss", "05"}, {"A", "PM"}, {"Z", "Z07:00"}, {"T", "T"},
}

// goLayout translates a layout. Letters and digits outside its words are an error: Go would read some of them as parts
// of a date.
func goLayout(layout string) (string, error) {
	var b strings.Builder
	for rest := layout; rest != ""; {
		ours, golang := layoutWord(rest)
		if ours == "" {
			if !strings.ContainsRune(" -./:,()", rune(rest[0])) {
				return "", errors.New("the layout must be made of YYYY, YY, MMMM, MMM, MM, M, DD, D, HH, H, hh, h, mm, ss, A, Z, T and the signs - . / : , ( ), for example " + isoDay)
			}
			ours, golang = rest[:1], rest[:1]
		}
		b.WriteString(golang)
		rest = rest[len(ours):]
	}
	if b.Len() == 0 {
		return "", errors.New("the layout is empty: say for example " + isoDay)
	}
	return b.String(), nil
}

func layoutWord(s string) (ours, golang string) {
	for _, w := range layoutWords {
		if strings.HasPrefix(s, w.ours) {
			return w.ours, w.golang
		}
	}
	return "", ""
}

// layout returns Go's layout for v; a constant one was compiled before.
func (l *library) layout(v value) (string, error) {
	s, err := v.scalar()
	if err != nil {
		return "", err
	}
	if golang, ok := l.layouts[s]; ok {
		return golang, nil
	}
	return goLayout(s)
}

func (l *library) date(args []value) (value, error) {
	if _, isDate := args[0].any.(time.Time); isDate || args[0].isNil() {
		return args[0], nil
	}
	golang := time.DateOnly
	if len(args) == 2 {
		var err error
		if golang, err = l.layout(args[1]); err != nil {
			return value{}, err
		}
	}
	s, err := args[0].scalar()
	if s = strings.TrimSpace(s); err != nil || s == "" {
		return value{}, err
	}
	t, err := time.ParseInLocation(golang, s, l.zone)
	if err != nil { // err would quote the value
		return value{}, errors.New("the text is not a date of this layout")
	}
	if t.Hour() == lastHour {
		t = l.sameDay(t, golang, s)
	}
	return value{any: t}, nil
}

// lastHour is the hour that Go returns for midnight where there is none: in Santiago and Havana clocks are put forward at
// midnight, and the day begins at one. Go's answer is on the day before.
const lastHour = 23

// sameDay returns the first moment of the day that a text names, where t is on the day before it.
func (l *library) sameDay(t time.Time, layout, s string) time.Time {
	named, err := time.Parse(layout, s)
	if err != nil || named.Day() == t.Day() {
		return t
	}
	return l.begin(named)
}

// begin returns the first moment of a day in the mapping's zone.
func (l *library) begin(day time.Time) time.Time {
	y, m, d := day.Date()
	t := time.Date(y, m, d, 0, 0, 0, 0, l.zone)
	if t.Day() != d {
		t = t.Add(time.Hour)
	}
	return t
}

// leaves takes the field with the day on which a person leaves, and checks its layout.
func (c *compiler) leaves(d *Day) []Problem {
	if d == nil {
		return nil
	}
	c.fields.add(d.Field)
	c.today = true
	if d.Layout == "" {
		return nil
	}
	if _, err := goLayout(d.Layout); err != nil {
		return []Problem{{Line: d.Line, Key: d.Key, Message: err.Error()}}
	}
	return nil
}

// Leaves returns the field with the day on which a person leaves; "" where there is none.
func (m *Mapping) Leaves() string {
	if m.leaves == nil {
		return ""
	}
	return m.leaves.Field
}

// Ahead reports whether the day on which a person leaves, as a record has it, is after today(). A blank is no day. The error
// does not quote the text.
func (m *Mapping) Ahead(text string) (bool, error) {
	day, ok, err := m.LeaveDay(text)
	return ok && m.library.dayNumber(day) > m.library.dayNumber(m.today), err
}

// LeaveDay returns the first moment of the day on which a person leaves, as a record has it, in the feed's zone; ok is false for
// a blank. The error does not quote the text.
func (m *Mapping) LeaveDay(text string) (day time.Time, ok bool, err error) {
	args := []value{textValue(text)}
	if m.leaves.Layout != "" {
		args = append(args, textValue(m.leaves.Layout))
	}
	v, err := m.library.date(args)
	if err != nil {
		return day, false, err
	}
	day, ok = v.any.(time.Time)
	return day, ok, nil
}

// todayName is the variable of the day of the run; no mapping can write it.
const todayName = "today "

// day returns the date of v, a date or text in the form YYYY-MM-DD; ok is false for nil.
func (l *library) day(v value) (t time.Time, ok bool, err error) {
	v, err = l.date([]value{v})
	if err != nil {
		return t, false, fmt.Errorf("%w (text must be %s here: say date(..., layout))", err, isoDay)
	}
	t, ok = v.any.(time.Time)
	return t, ok, nil
}

func (l *library) formatDate(args []value) (value, error) {
	t, ok, err := l.day(args[0])
	if err != nil || !ok {
		return value{}, err
	}
	golang, err := l.layout(args[1])
	if err != nil {
		return value{}, err
	}
	return textValue(t.Format(golang)), nil
}

func (l *library) daysBetween(args []value) (value, error) {
	a, okA, err := l.day(args[0])
	if err != nil {
		return value{}, err
	}
	b, okB, err := l.day(args[1])
	if err != nil || !okA || !okB {
		return value{}, err
	}
	return value{any: l.dayNumber(b) - l.dayNumber(a)}, nil
}

// dayNumber returns the number of a calendar day in the mapping's zone, so that a day of 23 or 25 hours is one day.
func (l *library) dayNumber(t time.Time) int {
	y, m, d := t.In(l.zone).Date()
	const secondsPerDay = 24 * 60 * 60
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}
