package export

import (
	"context"
	"hash/maphash"
	"maps"
	"math/bits"
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
	// spare has groups whose room can be used again.
	spare chan group
}

// records tells how many records a person has.
func (s *survey) records(person string) int {
	if len(s.several) == 0 {
		return 1
	}
	return max(1, s.several[hash(s.seed, person)])
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
	moved     []bool // the row may create, rename or reactivate its person
}

func (p *Planner) survey(ctx context.Context) (*survey, error) {
	s := &survey{seed: maphash.MakeSeed()}
	cols := p.Sheet.Unique()
	look := p.waveColumns()
	var people [][]uint64 // by chunk
	unique := make([][][]uint64, len(cols))
	var all probe // for the waves
	err := parallel(ctx, p, func(w *worker, c Chunk) (*probe, error) {
		return p.probe(w, c, s.seed, cols, look)
	}, func(g *probe) error {
		s.input += len(g.people)
		people = append(people, g.people)
		for i := range cols {
			unique[i] = append(unique[i], g.unique[i])
		}
		all.logins = append(all.logins, g.logins...)
		all.approvers = append(all.approvers, g.approvers...)
		all.moved = append(all.moved, g.moved...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if look.on {
		s.waves = newWaves(slices.Concat(people...), all.logins, all.approvers, all.moved)
	} else {
		s.waves = newWaves(nil, nil, nil, nil)
	}
	s.several = repeated(people)
	s.suspects = make([]map[uint64]struct{}, len(cols))
	suspicious := false
	var wg sync.WaitGroup
	for i := range cols {
		wg.Go(func() { s.suspects[i] = keys(repeated(unique[i])) })
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
			back := ok && known.Status == inactive && strings.EqualFold(cellText(m, rec, look.status), active)
			g.moved = append(g.moved, back || ok && login != "" && !strings.EqualFold(known.Login, login) || !ok && p.MayCreate)
		}
	})
	return g, err
}

func (p *Planner) known(person string) (Person, bool) {
	if p.Known == nil {
		return Person{}, false
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
			several := s.records(person) > 1
			for i, col := range cols {
				c, fault := m.MapColumn(rec, col)
				if fault != nil || c.State == Absent || c.State == Clear && !several {
					continue
				}
				if _, ok := s.suspects[i][hashFold(s.seed, c.Text, buf[:0])]; !ok && !several {
					continue
				}
				out = append(out, found{i, fold(c.Text), strings.Clone(person), several, Origin{w.file(rec), rec.Line}})
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
			if f.value == "" {
				continue
			}
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
		for _, c := range s.claims[i][fold(row.Cells[col].Text)] {
			if c.person != person {
				faults = append(faults, Fault{row.Origin, names[col], "unique", "the same value stands at " + c.origin.String() + " for another person"})
				break
			}
		}
	}
	return faults
}

// repeated gives every hash but 0 that stands more than once, with its count.
//
// Nearly all stand once, so sorting them to find that out would be wasted: a bit each tells which may stand twice, and
// only those, some false ones among them, are counted.
func repeated(hashes [][]uint64) map[uint64]int {
	n := 0
	for _, chunk := range hashes {
		n += len(chunk)
	}
	shift := 64 - max(6, bits.Len(uint(n))+3) // 8 to 16 bits a hash: one in 20 or so is counted for nothing
	once, twice := make([]uint64, 1<<(64-shift-6)), make([]uint64, 1<<(64-shift-6))
	for _, chunk := range hashes {
		for _, h := range chunk {
			word, bit := h>>shift>>6, uint64(1)<<(h>>shift&63)
			twice[word] |= once[word] & bit
			once[word] |= bit
		}
	}
	counts := map[uint64]int{}
	for _, chunk := range hashes {
		for _, h := range chunk {
			if h != 0 && twice[h>>shift>>6]>>(h>>shift&63)&1 == 1 {
				counts[h]++
			}
		}
	}
	maps.DeleteFunc(counts, func(_ uint64, count int) bool { return count < 2 })
	return counts
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

// fold takes the case from a text; the way over the upper case makes one of ς and σ. Its result aliases nothing.
func fold(s string) string { return strings.Clone(strings.ToLower(strings.ToUpper(s))) }

// hashFold hashes without regard to case. buf is scratch.
func hashFold(seed maphash.Seed, s string, buf []byte) uint64 {
	if s == "" {
		return 0
	}
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return hash(seed, fold(s))
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		buf = append(buf, c)
	}
	return maphash.Bytes(seed, buf) | 1
}
