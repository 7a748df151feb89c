package planning

import (
	"cmp"
	"slices"
)

// weave puts the rows of people with several records, which are encoded later, among the others of the chunk with their
// last record. So the order of rows is that of the feed, wherever it is cut into chunks.
func weave(groups, late []group) []group {
	for _, l := range late {
		i := slices.IndexFunc(groups, func(g group) bool { return g.wave == l.wave && g.set == l.set })
		if i < 0 {
			groups = append(groups, l)
			continue
		}
		groups[i] = woven(&groups[i], &l)
	}
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(a.rows[0].Origin.Line, b.rows[0].Origin.Line) })
	return groups
}

// woven merges two groups of one chunk, and so of one file, by line.
func woven(a, b *group) group {
	out := group{wave: a.wave, set: a.set, data: make([]byte, 0, len(a.data)+len(b.data))}
	i, j := 0, 0
	for i < len(a.rows) || j < len(b.rows) {
		if j == len(b.rows) || i < len(a.rows) && a.rows[i].Origin.Line < b.rows[j].Origin.Line {
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
