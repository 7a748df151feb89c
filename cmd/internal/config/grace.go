package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/hr2coupa/hr2coupa/export"
)

// Grace is how long leavers keep what Coupa has, and which values they get then.
type Grace struct {
	Days int               // after the day on which they leave
	Then map[string]string // by Coupa column
}

// grace reads the days of grace.
func (s *section) grace(key string) *Grace {
	g := s.section(key)
	if g.node == nil {
		return nil
	}
	out := &Grace{Days: g.int("days", 0, 0, 3_650), Then: g.words("then")}
	g.done()
	g.missing("days", "say how many days leavers keep what Coupa has, such as days: 7")
	g.missing("then", `say what they get then, such as then: {Status: inactive, Purchasing User: "No"}`)
	return out
}

// applyGrace puts the days of grace into the expressions of their columns: a leaver gets the values once the days are over, and not
// before, whatever the expression says. A column that no expression fills gets them alone.
func (c *Config) applyGrace(r *reader) {
	const key = "mapping.grace"
	g := c.Mapping.Grace
	if g == nil {
		return
	}
	if c.Feed.Leaves.Field == "" {
		r.fault(r.lines[key], key, "it needs to know on which day people leave", "name the feed's column in feed.leaves")
		return
	}
	left := "field(" + strconv.Quote(c.Feed.Leaves.Field) + ")"
	if form := c.Feed.Leaves.Layout; form != "" {
		left = fmt.Sprintf("date(%s, %s)", left, strconv.Quote(form))
	}
	for _, column := range slices.Sorted(maps.Keys(g.Then)) {
		value := strconv.Quote(g.Then[column])
		i := slices.IndexFunc(c.Mapping.Columns, func(m export.MappedColumn) bool { return m.Name == column })
		if i < 0 {
			c.Mapping.Columns = append(c.Mapping.Columns, export.MappedColumn{Name: column, Line: r.lines[key], Expr: fmt.Sprintf("if((daysBetween(%s, today()) ?? -1) > %d, %s, nil)", left, g.Days, value)})
			continue
		}
		m := &c.Mapping.Columns[i]
		m.Expr = fmt.Sprintf("if(%[1]s == nil, %[2]s, if(daysBetween(%[1]s, today()) > %[3]d, %[4]s, if(lower(%[2]s) == lower(%[4]s), nil, %[2]s)))", left, "("+m.Expr+")", g.Days, value)
	}
}
