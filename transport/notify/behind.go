package notify

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// Behind is one cause of the rows that a notice is about. Its words come from the catalogue, never from Coupa: of a
// message that is not in the catalogue a notice shows only the number of rows.
type Behind struct {
	export.CauseCount
	Places string `json:"places"` // file and line of the first few rows in HR's files
}

// share counts those rows of a start that are one owner's task. A row with two causes may be in two shares. It stores
// no rows: there may be millions.
type share struct {
	owner   string
	rows    int
	last    export.Origin
	columns map[string]int // rows by the columns that their faults are about
	mute    tally          // rows without a message
	by      map[*export.Cause]*tally
}

// tally counts rows and records the places of the first few.
type tally struct {
	rows, records int
	places        []string
	config        []string // the places in the config where the cause lies
}

// mostPlaces is how many places of rows a notice lists, and mostConfig how many of the config.
const (
	mostPlaces = 10
	mostConfig = 5
)

// lies adds places in the config, each once.
func (t *tally) lies(places []string) {
	for _, at := range places {
		if at = oneLine(at); len(t.config) < mostConfig && !slices.Contains(t.config, at) {
			t.config = append(t.config, at)
		}
	}
}

func (t *tally) add(r export.RowResult) {
	t.rows++
	t.records += r.Lines
	if len(t.places) < mostPlaces {
		t.places = append(t.places, oneLine(r.Origin.String()))
	}
}

func (t *tally) where() string {
	places := strings.Join(t.places, ", ")
	if t.rows > len(t.places) {
		places += fmt.Sprintf(", and %d more", t.rows-len(t.places))
	}
	return places
}

// shares are the shares of the rows of one outcome, by owner.
type shares map[string]*share

// give adds a row to the share of each owner with a cause of it. An owner that a rule of the config names for the row
// gets all of it. columns are the names that a notice may show.
func (list shares) give(s Start, r export.RowResult, columns []string) {
	mine := func(owner string) *share {
		m := list[owner]
		if m == nil {
			m = &share{owner: owner, columns: map[string]int{}, by: map[*export.Cause]*tally{}}
			list[owner] = m
		}
		if m.rows == 0 || m.last != r.Origin {
			m.rows++
			m.last = r.Origin
			m.name(r, columns)
		}
		return m
	}
	named := r.Faults.Owner()
	causes := s.Causes.Behind(r.Faults)
	for _, cause := range causes {
		m := mine(cmp.Or(named, cause.Owner))
		if m.by[cause] == nil {
			m.by[cause] = &tally{}
		}
		m.by[cause].add(r)
		m.by[cause].lies(s.Causes.Places(r.Faults, cause))
	}
	if len(causes) == 0 {
		mine(named).mute.add(r)
	}
}

// name counts a row under the columns that its faults are about. A field that is not in columns is left out: it could
// hold anything.
func (s *share) name(r export.RowResult, columns []string) {
	if len(columns) == 0 {
		return
	}
	named := map[string]bool{}
	for _, f := range r.Faults {
		if !named[f.Field] && slices.Contains(columns, f.Field) {
			named[f.Field] = true
			s.columns[f.Field]++
		}
	}
}

// facts returns what the causes of a share do not show: how many rows have several causes, which columns they name, and
// the places of rows without a message.
func (s *share) facts() []string {
	var out []string
	if len(s.by) > 1 {
		out = append(out, export.Plural(s.rows, "row")+" in all")
	}
	if len(s.columns) > 0 {
		names := slices.SortedFunc(maps.Keys(s.columns), func(a, b string) int {
			return cmp.Or(cmp.Compare(s.columns[b], s.columns[a]), cmp.Compare(a, b))
		})
		for i, name := range names {
			names[i] = fmt.Sprintf("%s %d", name, s.columns[name])
		}
		out = append(out, "columns: "+strings.Join(names, ", "))
	}
	if s.mute.rows > 0 {
		out = append(out, export.Plural(s.mute.rows, "row")+" without a message: "+s.mute.where())
	}
	return out
}

// behind returns the causes of a share, most rows first.
func (s *share) behind() []Behind {
	var out []Behind
	for cause, t := range s.by {
		b := Behind{CauseCount: export.CauseCount{Cause: *cause, Rows: t.rows, Records: t.records, Config: t.config}, Places: t.where()}
		b.Owner = s.owner
		out = append(out, b)
	}
	return mostFirst(out)
}

// together merges the causes of two runs.
func together(a, b []Behind) []Behind {
	out := slices.Clone(a)
	for _, more := range b {
		i := slices.IndexFunc(out, func(have Behind) bool { return have.Name == more.Name })
		if i < 0 {
			out = append(out, more)
			continue
		}
		out[i].Rows += more.Rows
		out[i].Records += more.Records
		out[i].Places += ", " + more.Places
		out[i].Config = slices.Clone(out[i].Config)
		for _, at := range more.Config {
			if len(out[i].Config) < mostConfig && !slices.Contains(out[i].Config, at) {
				out[i].Config = append(out[i].Config, at)
			}
		}
	}
	return mostFirst(out)
}

func mostFirst(list []Behind) []Behind {
	slices.SortFunc(list, func(a, b Behind) int { return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Name, b.Name)) })
	return list
}

// placed returns causes with what to do in full: it begins with the places in the config, as in a report.
func placed(list []Behind) []Behind {
	list = slices.Clone(list)
	for i := range list {
		if b := &list[i]; b.Config != nil {
			b.Todo = strings.Join(b.Config, ", ") + ": " + b.Todo
		}
	}
	return list
}
