package planning

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

// survey is what a pass over the feed finds out about the batch as a whole. During the first pass it holds the
// assumptions: every person has one record, every value one person, and only deactivations have to wait.
type survey struct {
	seed   maphash.Seed
	cols   []int // columns with values that must be unique
	look   waveColumns
	status int   // the column Status; -1 where rows have none
	needs  []int // every column that the survey reads
	// several is the number of records of each person with more than one.
	several map[uint64]int
	// suspects are, by unique column, the hashes of values that occur more than once.
	suspects []map[uint64]struct{}
	// claims are, by unique column, the people who claim a folded value that more than one person claims.
	claims []map[string][]claim
	waves  waves
	// circles are found only where Coupa was asked.
	circles circles
	// awaited are the approvers, as hashes of their logins, who do not come since their rows are not sent: found once all rows are
	// known, and only where Coupa was asked.
	awaited map[uint64]awaited
	// leftOut are people of whom an earlier plan has kept records, and whom the newest feed has only in records that it excludes.
	leftOut map[uint64]struct{}
	// spare has groups whose room can be used again.
	spare chan group
}

func (p *Planner) newSurvey() *survey {
	s := &survey{
		seed: maphash.MakeSeed(), cols: p.Sheet.Unique(), look: p.waveColumns(), status: slices.Index(p.Mapping.Columns(), export.ColumnStatus),
		waves: newWaves(nil, nil, nil, nil), spare: make(chan group, spareGroups),
	}
	s.needs = slices.Clone(s.cols)
	if s.look.on {
		s.needs = append(s.needs, s.look.login, s.look.approver)
		if s.look.status >= 0 {
			s.needs = append(s.needs, s.look.status)
		}
	}
	return s
}

// records returns how many records a person has.
func (s *survey) records(person string) int {
	if len(s.several) == 0 {
		return 1
	}
	return max(1, s.several[hash(s.seed, person)])
}

// suspicious reports whether a value that must be unique may occur twice.
func (s *survey) suspicious() bool {
	return slices.ContainsFunc(s.suspects, func(m map[uint64]struct{}) bool { return len(m) > 0 })
}

// simple reports whether the assumptions about the batch hold.
func (s *survey) simple() bool {
	return len(s.several) == 0 && !s.suspicious() && s.waves.last == 1 && len(s.circles.approver) == 0 && len(s.leftOut) == 0
}

// probe is what the survey takes from one chunk, in the order of its records.
type probe struct {
	people    []uint64   // 0 for a record that could not be read
	unique    [][]uint64 // by unique column; 0 where the cell is not set
	logins    []uint64   // for the waves
	approvers []uint64
	moved     []bool   // the row may create, rename or reactivate its person
	made      []bool   // Coupa does not know the person; only where it was asked
	excluded  []uint64 // people of records that the feed is not about; only where earlier plans have kept some
}

// probe surveys a chunk without building it.
func (p *Planner) probe(w *worker, c export.Chunk, s *survey) (*probe, error) {
	g := w.probe(s)
	cells := make([]export.Cell, len(p.Mapping.Columns()))
	err := p.each(w, c, func(rec *export.Record, person string, m export.RowMapper) error {
		if m == nil {
			g.skip(p, s, rec, person, w.from.later)
			return nil
		}
		for _, col := range s.needs {
			cells[col], _ = m.MapColumn(rec, col) // the build reports a fault
		}
		g.add(p, s, person, cells)
		return nil
	})
	return g, err
}

// probe returns an empty probe, with room for as many records as the chunk before had.
func (w *worker) probe(s *survey) *probe {
	g := &probe{people: make([]uint64, 0, w.records), unique: make([][]uint64, len(s.cols))}
	for i := range g.unique {
		g.unique[i] = make([]uint64, 0, w.records)
	}
	return g
}

// skip adds a record that could not be read, that the feed is not about, or that waits for its day.
func (g *probe) skip(p *Planner, s *survey, rec *export.Record, person string, later bool) {
	if rec.Fault == nil && !rec.Kept && !later && p.Joined > 0 {
		g.excluded = append(g.excluded, hash(s.seed, person))
	}
	g.people = append(g.people, 0)
	for i := range s.cols {
		g.unique[i] = append(g.unique[i], 0)
	}
	if s.look.on {
		g.logins, g.approvers, g.moved, g.made = append(g.logins, 0), append(g.approvers, 0), append(g.moved, false), append(g.made, false)
	}
}

// add adds a person's cells as mapped, before the rules normalise them.
func (g *probe) add(p *Planner, s *survey, person string, cells []export.Cell) {
	var buf [128]byte
	self := hash(s.seed, person)
	g.people = append(g.people, self)
	for i, col := range s.cols {
		text := cells[col].SetText()
		if text == person && alike.IsLower(text) { // usually the employee number
			g.unique[i] = append(g.unique[i], self)
			continue
		}
		g.unique[i] = append(g.unique[i], hashFold(s.seed, text, buf[:0]))
	}
	if !s.look.on {
		return
	}
	known, ok := p.before(person)
	login := cmp.Or(cells[s.look.login].SetText(), known.Login) // a row without a login is completed
	g.logins = append(g.logins, hashFold(s.seed, login, buf[:0]))
	g.approvers = append(g.approvers, hashFold(s.seed, cells[s.look.approver].SetText(), buf[:0]))
	back := ok && known.Status == export.StatusInactive && s.look.status >= 0 && strings.EqualFold(cells[s.look.status].SetText(), export.StatusActive)
	g.moved = append(g.moved, back || ok && login != "" && !strings.EqualFold(known.Login, login) || !ok && p.MayCreate)
	if p.Answers != nil {
		g.made = append(g.made, !ok)
	}
}

func (p *Planner) known(person string) (export.Person, bool) {
	if p.Memory == nil {
		return export.Person{}, false
	}
	return p.Memory.Known(person)
}

// before returns a person's login and status before this batch: as Coupa holds them where it was asked about them, else as
// last sent.
func (p *Planner) before(person string) (known export.Person, ok bool) {
	if p.Answers == nil {
		return p.known(person)
	}
	if p.Trusting && !p.Answers.Asked(person) {
		return p.known(person)
	}
	u, ok := p.Answers.Found(person)
	if !ok {
		return export.Person{}, false
	}
	known, _ = p.known(person)
	if e, ok := p.Answers.Element(export.ColumnLogin); ok {
		if v, shown := u.Value(e); shown {
			known.Login = v.Text
		}
	}
	if e, ok := p.Answers.Element(export.ColumnStatus); ok {
		if v, shown := u.Value(e); shown {
			known.Status = v.Show(e.Kind)
		}
	}
	return known, true
}

// probes are the probes of a pass so far, in the order of the feed.
type probes struct {
	input  int
	chunks int
	people [][]uint64   // by chunk
	unique [][][]uint64 // by unique column and chunk
	all    probe        // for the waves
}

func (f *probes) add(g *probe) {
	f.input += len(g.people)
	f.chunks++
	f.people = append(f.people, g.people)
	if f.unique == nil {
		f.unique = make([][][]uint64, len(g.unique))
	}
	for i := range g.unique {
		f.unique[i] = append(f.unique[i], g.unique[i])
	}
	f.all.logins = append(f.all.logins, g.logins...)
	f.all.approvers = append(f.all.approvers, g.approvers...)
	f.all.moved = append(f.all.moved, g.moved...)
	f.all.made = append(f.all.made, g.made...)
	f.all.excluded = append(f.all.excluded, g.excluded...)
}

// due reports whether to look for repeats now, before the feed's end. Where the first tens of thousands of records have
// none, few are expected, and looking costs more than it saves.
func (f *probes) due() bool { return slices.Contains(early, f.chunks) }

var early = []int{1, 4, 16, 64}

// findings returns a copy of s with the findings of the probes so far.
func (f *probes) findings(p *Planner, s *survey) *survey {
	out := *s
	if s.look.on {
		people := slices.Concat(f.people...)
		out.waves = newWaves(people, f.all.logins, f.all.approvers, f.all.moved)
		if p.Answers != nil {
			out.circles = newCircles(people, f.all.logins, f.all.approvers, f.all.made)
		}
	}
	out.suspects = make([]map[uint64]struct{}, len(f.unique))
	var wg export.Group
	for i := range f.unique {
		if slices.EqualFunc(f.unique[i], f.people, slices.Equal) {
			continue // each person's value is the key itself, so no person can have another's
		}
		wg.Go(func() { out.suspects[i] = keys(repeated(f.unique[i])) })
	}
	out.several, out.leftOut = repeated(f.people), f.leftOut(p.Joined)
	wg.Wait()
	return &out
}

// leftOut returns the people of the first records, which earlier plans have kept, of whom all newer records are excluded.
func (f *probes) leftOut(kept int) map[uint64]struct{} {
	if len(f.all.excluded) == 0 {
		return nil
	}
	excluded := make(map[uint64]struct{}, len(f.all.excluded))
	for _, person := range f.all.excluded {
		excluded[person] = struct{}{}
	}
	people := slices.Concat(f.people...)
	kept = min(kept, len(people))
	for _, person := range people[kept:] {
		delete(excluded, person)
	}
	out := map[uint64]struct{}{}
	for _, person := range people[:kept] {
		if _, is := excluded[person]; is {
			out[person] = struct{}{}
		}
	}
	return out
}
