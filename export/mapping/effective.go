package mapping

import (
	"errors"
	"strings"
	"time"
)

// firstDay is the day from which a record holds.
type firstDay struct {
	Day
	zone   string // the field with its time zone; "": no field has it
	golang string // the layout
}

// from takes the fields of the day from which a record holds, and checks its layout.
func (c *compiler) from(d *Day, zone string) (*firstDay, []Problem) {
	if d == nil {
		return nil, nil
	}
	c.fields.add(d.Field)
	if zone != "" {
		c.fields.add(zone)
	}
	f := &firstDay{*d, zone, time.DateOnly}
	if d.Layout == "" {
		return f, nil
	}
	var err error
	if f.golang, err = goLayout(d.Layout); err != nil {
		return nil, []Problem{{Line: d.Line, Key: d.Key, Message: err.Error()}}
	}
	return f, nil
}

// From returns the fields with the day from which a record holds and with that day's time zone; "" where there are none.
func (m *Mapping) From() (day, zone string) {
	if m.from == nil {
		return "", ""
	}
	return m.from.Field, m.from.zone
}

// DayFrom returns the day, as 2006-01-02, from which a record holds, as the record has it; "" for a blank. A text with an offset
// from UTC is a day in the zone. The error does not quote the text.
func (m *Mapping) DayFrom(text string, zone *time.Location) (string, error) {
	if text = strings.TrimSpace(text); text == "" {
		return "", nil
	}
	t, err := time.Parse(m.from.golang, text)
	if err != nil { // err would quote the value
		return "", errors.New("the text is not a date of this layout")
	}
	if strings.Contains(m.from.golang, "Z07") {
		t = t.In(zone)
	}
	return t.Format(time.DateOnly), nil
}
