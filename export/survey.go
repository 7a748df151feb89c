package export

import (
	"context"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// survey is what one pass over the feed finds out about the batch as a whole.
type survey struct {
	seed  maphash.Seed
	input int
	// several tells how many records a person has, for people with more than one.
	several map[uint64]int
	// claims tells, by unique column, who claims a folded value that more than one person claims.
	claims []map[string][]claim
	// suspects tells, by unique column, the hashes of values that stand more than once.
	suspects []map[uint64]struct{}
	waves    waves
}

type claim struct {
	person string
	origin Origin
}

// probe is what the survey takes from one chunk, in the order of its records.
type probe struct {
	people    []uint64
	unique    [][]uint64 // by unique column; 0 where the cell is not set
	logins    []uint64   // for the waves
	approvers []uint64
	moved     []bool // the row may create or rename its person
}

func (p *Planner) survey(ctx context.Context) (*survey, error) {
	s := &survey{seed: maphash.MakeSeed()}
	cols := p.Sheet.Unique()
	all := probe{unique: make([][]uint64, len(cols))}
	look := p.waveColumns()
	err := parallel(ctx, p, func(w *worker, c Chunk) (*probe, error) {
		return p.probe(w, c, s.seed, cols, look)
	}, func(g *probe) error {
		s.input += len(g.people)
		all.people = append(all.people, g.people...)
		for i := range cols {
			all.unique[i] = append(all.unique[i], g.unique[i]...)
		}
		all.logins = append(all.logins, g.logins...)
		all.approvers = append(all.approvers, g.approvers...)
		all.moved = append(all.moved, g.moved...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.waves = newWaves(all.people, all.logins, all.approvers, all.moved)
	s.several = repeated(all.people)
	s.suspects = make([]map[uint64]struct{}, len(cols))
	suspicious := false
	var wg sync.WaitGroup
	for i := range cols {
		wg.Go(func() { s.suspects[i] = keys(repeated(all.unique[i])) })
	}
	wg.Wait()
	for i := range cols {
		suspicious = suspicious || len(s.suspects[i]) > 0
	}
	if !suspicious {
		return s, nil
	}
	return s, p.resolve(ctx, s, cols)
}

func (p *Planner) probe(w *worker, c Chunk, seed maphash.Seed, cols []int, look waveColumns) (*probe, error) {
	g := &probe{unique: make([][]uint64, len(cols))}
	var buf [128]byte
	err := p.each(w, c, func(rec *Record, person string, m RowMapper) {
		if m == nil { // a record that could not be read: counted, and told by the build
			g.people = append(g.people, 0)
			for i := range cols {
				g.unique[i] = append(g.unique[i], 0)
			}
			if look.on {
				g.logins, g.approvers, g.moved = append(g.logins, 0), append(g.approvers, 0), append(g.moved, false)
			}
			return
		}
		g.people = append(g.people, hash(seed, person))
		for i, col := range cols {
			g.unique[i] = append(g.unique[i], hashFold(seed, cellText(m, rec, col), buf[:0]))
		}
		if look.on {
			login := cellText(m, rec, look.login)
			known, ok := p.known(person)
			g.logins = append(g.logins, hashFold(seed, login, buf[:0]))
			g.approvers = append(g.approvers, hashFold(seed, cellText(m, rec, look.approver), buf[:0]))
			g.moved = append(g.moved, ok && login != "" && !strings.EqualFold(known, login) || !ok && p.MayCreate)
		}
	})
	return g, err
}

func (p *Planner) known(person string) (string, bool) {
	if p.Known == nil {
		return "", false
	}
	return p.Known(person)
}

func cellText(m RowMapper, rec *Record, col int) string {
	if col < 0 {
		return ""
	}
	c, fault := m.MapColumn(rec, col)
	if fault != nil || c.State != Set {
		return ""
	}
	return c.Text
}

// resolve looks at the suspicious values themselves: a hash may lie, and two records of one person may agree.
func (p *Planner) resolve(ctx context.Context, s *survey, cols []int) error {
	s.claims = make([]map[string][]claim, len(cols))
	for i := range cols {
		s.claims[i] = map[string][]claim{}
	}
	type found struct {
		col     int
		value   string // "" takes an earlier claim of this person back
		person  string
		several bool
		origin  Origin
	}
	last := make([]map[string]found, len(cols)) // people with several records: what their last one claims
	for i := range last {
		last[i] = map[string]found{}
	}
	err := parallel(ctx, p, func(w *worker, c Chunk) ([]found, error) {
		var out []found
		var buf [128]byte
		err := p.each(w, c, func(rec *Record, person string, m RowMapper) {
			if m == nil {
				return
			}
			several := s.several[hash(s.seed, person)] > 1
			for i, col := range cols {
				text := cellText(m, rec, col)
				if text == "" {
					continue
				}
				if _, ok := s.suspects[i][hashFold(s.seed, text, buf[:0])]; !ok && !several {
					continue
				}
				// the clone of a text that is lower case already: ToLower gives it back as it is, in the chunk's memory
				out = append(out, found{i, strings.Clone(strings.ToLower(text)), strings.Clone(person), several, Origin{w.file(rec), rec.Line}})
			}
		})
		return out, err
	}, func(got []found) error {
		for _, f := range got {
			if f.several {
				last[f.col][f.person] = f
				continue
			}
			s.claims[f.col][f.value] = append(s.claims[f.col][f.value], claim{f.person, f.origin})
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range last {
		for _, f := range last[i] {
			s.claims[i][f.value] = append(s.claims[i][f.value], claim{f.person, f.origin})
		}
		for v, cs := range s.claims[i] {
			if len(cs) < 2 {
				delete(s.claims[i], v)
				continue
			}
			slices.SortFunc(cs, func(a, b claim) int {
				if c := strings.Compare(a.origin.File, b.origin.File); c != 0 {
					return c
				}
				return a.origin.Line - b.origin.Line
			})
		}
	}
	return nil
}

// conflicts tells for which unique columns another person claims the same value as row.
func (s *survey) conflicts(row *Row, person string, cols []int, names []string) []Fault {
	var faults []Fault
	for i, col := range cols {
		if len(s.claims) == 0 || len(s.claims[i]) == 0 || row.Cells[col].State != Set {
			continue
		}
		for _, c := range s.claims[i][strings.ToLower(row.Cells[col].Text)] {
			if c.person != person {
				faults = append(faults, Fault{row.Origin, names[col], "unique", "the same value stands at " + c.origin.String() + " for another person"})
				break
			}
		}
	}
	return faults
}

// repeated gives every hash but 0 that stands more than once, with its count. It sorts hashes in place.
func repeated(hashes []uint64) map[uint64]int {
	slices.Sort(hashes)
	out := map[uint64]int{}
	for i := 0; i < len(hashes); {
		j := i + 1
		for j < len(hashes) && hashes[j] == hashes[i] {
			j++
		}
		if j-i > 1 && hashes[i] != 0 {
			out[hashes[i]] = j - i
		}
		i = j
	}
	return out
}

func keys(m map[uint64]int) map[uint64]struct{} {
	out := make(map[uint64]struct{}, len(m))
	for k := range m {
		out[k] = struct{}{}
	}
	return out
}

// hash never gives 0 for a text, and 0 for none.
func hash(seed maphash.Seed, s string) uint64 {
	if s == "" {
		return 0
	}
	return maphash.String(seed, s) | 1
}

// hashFold hashes without regard to case. buf is scratch.
func hashFold(seed maphash.Seed, s string, buf []byte) uint64 {
	if s == "" {
		return 0
	}
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return hash(seed, strings.ToLower(s))
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		buf = append(buf, c)
	}
	return maphash.Bytes(seed, buf) | 1
}
