package planning

import (
	"cmp"
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

// weave puts the rows of people with several records, which are encoded later, among the others of the chunk with their
// last record. So the order of rows is that of the feed, wherever it is cut into chunks. places are the lines of the last
// records, by person, where they are not those of the rows.
func weave(groups, late []group, places map[string]int) []group {
	place := func(r *export.RowResult) int {
		if len(places) > 0 {
			if line, ok := places[r.Key]; ok {
				return line
			}
		}
		return r.Origin.Line
	}
	for _, l := range late {
		i := slices.IndexFunc(groups, func(g group) bool { return g.wave == l.wave && g.set == l.set })
		if i < 0 {
			groups = append(groups, l)
			continue
		}
		groups[i] = woven(&groups[i], &l, place)
	}
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(place(&a.rows[0]), place(&b.rows[0])) })
	return groups
}

// woven merges two groups of one chunk, and so of one file, by the places of their rows.
func woven(a, b *group, place func(*export.RowResult) int) group {
	out := group{wave: a.wave, set: a.set, data: make([]byte, 0, len(a.data)+len(b.data))}
	i, j := 0, 0
	for i < len(a.rows) || j < len(b.rows) {
		if j == len(b.rows) || i < len(a.rows) && place(&a.rows[i]) < place(&b.rows[j]) {
			out.add(a, i)
			i++
			continue
		}
		out.add(b, j)
		j++
	}
	return out
}

func (g *group) add(from *group, i int) {
	g.data = append(g.data, from.line(i)...)
	g.ends = append(g.ends, len(g.data))
	g.rows = append(g.rows, from.rows[i])
}

// line returns the encoded line of row i.
func (g *group) line(i int) []byte {
	start := 0
	if i > 0 {
		start = g.ends[i-1]
	}
	return g.data[start:g.ends[i]]
}
