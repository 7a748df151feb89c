package notify

import (
	"cmp"
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

// Behind is one cause of the rows that a notice is about. Its words are those of the catalogue, never Coupa's: of a message
// that the catalogue does not know only the number of rows is told.
type Behind struct {
	export.CauseCount
	Places string `json:"places"` // where the rows stand in HR's files, the first few of them
}

// share is what of a start's rows is one owner's task. A row with two causes may be in two shares.
type share struct {
	owner string
	rows  []export.RowResult
	mute  []export.RowResult // those of them that no message came with
	by    map[*export.Cause][]export.RowResult
}

// shares deals rows out to those whose task they are. Whom a rule of the config names for a row has all of it.
func (s Start) shares(rows []export.RowResult) map[string]*share {
	shares := map[string]*share{}
	give := func(owner string, r export.RowResult) *share {
		mine := shares[owner]
		if mine == nil {
			mine = &share{owner: owner, by: map[*export.Cause][]export.RowResult{}}
			shares[owner] = mine
		}
		if n := len(mine.rows); n == 0 || mine.rows[n-1].Origin != r.Origin {
			mine.rows = append(mine.rows, r)
		}
		return mine
	}
	for _, r := range rows {
		named := ""
		if s.Owner != nil && r.Outcome == export.Quarantined {
			named = s.Owner(r.Reason)
		}
		causes := s.Causes.Behind(r.Reason)
		for _, cause := range causes {
			mine := give(cmp.Or(named, cause.Owner), r)
			mine.by[cause] = append(mine.by[cause], r)
		}
		if len(causes) == 0 {
			mine := give(named, r)
			mine.mute = append(mine.mute, r)
		}
	}
	return shares
}

// facts are what the causes of a share do not say: how many rows there are with several causes, which of these columns they
// name, and where rows stand that no message came with.
func (s *share) facts(columns []string) []string {
	var out []string
	if len(s.by) > 1 {
		out = append(out, plural(len(s.rows), "row")+" in all")
	}
	if names := about(s.rows, columns); names != "" {
		out = append(out, "columns: "+names)
	}
	if len(s.mute) > 0 {
		out = append(out, plural(len(s.mute), "row")+" without a message: "+places(s.mute))
	}
	return out
}

// behind gives the causes of a share, most rows first.
func (s *share) behind() []Behind {
	var out []Behind
	for cause, rows := range s.by {
		b := Behind{CauseCount: export.CauseCount{Cause: *cause, Rows: len(rows)}, Places: places(rows)}
		b.Owner = s.owner
		for _, r := range rows {
			b.Records += r.Lines
		}
		out = append(out, b)
	}
	return mostFirst(out)
}

// together adds the causes of one run to those of another.
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
	}
	return mostFirst(out)
}

func mostFirst(list []Behind) []Behind {
	slices.SortFunc(list, func(a, b Behind) int { return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Name, b.Name)) })
	return list
}
