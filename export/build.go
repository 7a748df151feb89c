package export

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// built is what one chunk came to: encoded lines by file group, and what stays here.
type built struct {
	input  int
	groups []group
	kept   []keptRow
	merge  []person // records of people with several, still to be merged
	doubt  []Fault
}

// group holds encoded lines that go into files of one wave and one column set.
type group struct {
	wave int
	set  ColumnSet
	data []byte
	ends []int
	rows []RowResult
}

type keptRow struct {
	row    RowResult
	faults []Fault
}

// person is one record, or several merged, of a person on the way to a row.
type person struct {
	key    string
	row    Row
	lines  int
	faults []Fault
}

func (p *Planner) build(ctx context.Context, s *survey, sink Sink) (*Plan, error) {
	a := p.assembler(s, sink)
	err := parallel(ctx, p, func(w *worker, c Chunk) (*built, error) { return p.buildChunk(w, c, s) }, a.take)
	if err != nil {
		return nil, err
	}
	if err := a.finish(); err != nil {
		return nil, err
	}
	return a.plan, a.plan.balance(a.held)
}

func (p *Planner) buildChunk(w *worker, c Chunk, s *survey) (*built, error) {
	b := &built{}
	n := len(p.Mapping.Columns())
	w.rows, w.cells = w.rows[:0], w.cells[:0]
	var people []person
	err := p.each(w, c, func(rec *Record, key string, m RowMapper) {
		b.input++
		origin := Origin{w.file(rec), rec.Line}
		if m == nil {
			rec.Fault.Origin = origin
			b.keep(person{key: strings.Clone(key), row: Row{Origin: origin}, lines: 1, faults: []Fault{*rec.Fault}})
			return
		}
		one := person{key: strings.Clone(key), row: Row{origin, w.take(n)}, lines: 1}
		one.faults = m.Map(rec, one.row.Cells)
		for i := range one.faults {
			one.faults[i].Origin = origin
		}
		if s.several[hash(s.seed, key)] > 1 {
			one.row.Cells = cloneCells(one.row.Cells)
			b.merge = append(b.merge, one)
			return
		}
		people = append(people, one)
	})
	if err != nil {
		return nil, err
	}
	return b, p.encode(w.enc, b, people, s)
}

// take cuts cells for one row out of the worker's block; a block that is full is left to the rows that use it.
func (w *worker) take(n int) []Cell {
	if len(w.cells)+n > cap(w.cells) {
		w.cells = make([]Cell, 0, max(1024*n, n))
	}
	w.cells = w.cells[:len(w.cells)+n]
	cells := w.cells[len(w.cells)-n : len(w.cells) : len(w.cells)]
	clear(cells)
	return cells
}

func cloneCells(cells []Cell) []Cell {
	out := slices.Clone(cells)
	for i := range out {
		out[i].Text = strings.Clone(out[i].Text)
	}
	return out
}

// encode checks people and appends their lines to the groups of b, or keeps them back.
func (p *Planner) encode(enc RowEncoder, b *built, people []person, s *survey) error {
	names, unique := p.Mapping.Columns(), p.Sheet.Unique()
	status, login := slices.Index(names, "Status"), slices.Index(names, "Login")
	type slot struct {
		wave int
		set  ColumnSet
	}
	rows := map[slot][]*Row{}
	index := map[slot]int{}
	for i := range people {
		one := &people[i]
		one.faults = append(one.faults, p.check(one, s, unique, names)...)
		if len(one.faults) > 0 {
			b.keep(*one)
			continue
		}
		b.doubt = append(b.doubt, p.Sheet.Warnings(&one.row)...)
		at := slot{s.waves.wave(hash(s.seed, one.key)), p.Sheet.Carried(&one.row)}
		if status >= 0 && one.row.Cells[status].Text == "inactive" {
			at.wave = s.waves.last + 1
		}
		g, ok := index[at]
		if !ok {
			g = len(b.groups)
			index[at] = g
			b.groups = append(b.groups, group{wave: at.wave, set: at.set})
		}
		rows[at] = append(rows[at], &one.row)
		b.groups[g].rows = append(b.groups[g].rows, result(one, p.Sheet.Key(), login))
	}
	for at, rs := range rows {
		g := &b.groups[index[at]]
		var err error
		if g.data, g.ends, err = enc.Encode(g.set, rs, g.data, g.ends); err != nil {
			return fmt.Errorf("encode rows: %w", err)
		}
		if len(g.ends) != len(g.rows) {
			return fmt.Errorf("encode rows: %d rows in, %d lines out; please report this", len(g.rows), len(g.ends))
		}
	}
	return nil
}

// check tells every broken rule of a row. A column whose expression failed is not told to be missing too.
func (p *Planner) check(one *person, s *survey, unique []int, names []string) []Fault {
	rules := p.Sheet.Check(&one.row)
	if len(one.faults) > 0 {
		rules = slices.DeleteFunc(rules, func(f Fault) bool {
			return slices.ContainsFunc(one.faults, func(m Fault) bool { return m.Field == f.Field })
		})
	}
	return append(rules, s.conflicts(&one.row, one.key, unique, names)...)
}

func result(one *person, key, login int) RowResult {
	r := RowResult{Origin: one.row.Origin, Lines: one.lines, Key: one.key, Outcome: Pending}
	if r.First = one.key; one.row.Cells[key].Text != one.key {
		r.First = strings.Clone(one.row.Cells[key].Text)
	}
	if login >= 0 {
		r.Login = strings.Clone(one.row.Cells[login].Text)
	}
	return r
}

func (b *built) keep(one person) {
	b.kept = append(b.kept, keptRow{RowResult{
		Origin: one.row.Origin, Lines: one.lines, Key: one.key, Outcome: Quarantined, Reason: reason(one.faults),
	}, one.faults})
}

// assembler cuts the groups of all chunks into parts, in the order of the feed.
type assembler struct {
	p       *Planner
	s       *survey
	sink    Sink
	plan    *Plan
	held    int
	enc     RowEncoder
	sets    map[ColumnSet]int // in order of appearance
	open    map[[2]int]*openPart
	order   [][2]int
	closed  []closed
	merging map[string]*person
	waiting []string // people in merging, by first appearance
}

type openPart struct {
	set  ColumnSet
	seq  int
	data []byte
	rows []RowResult
}

func (p *Planner) assembler(s *survey, sink Sink) *assembler {
	return &assembler{
		p: p, s: s, sink: sink, enc: p.Sheet.Encoder(),
		plan: &Plan{Files: p.Feed.Files(), Columns: map[string]int{}},
		sets: map[ColumnSet]int{}, open: map[[2]int]*openPart{}, merging: map[string]*person{},
	}
}

func (a *assembler) take(b *built) error {
	a.plan.Input += b.input
	var whole []person
	for _, one := range b.merge {
		if m := a.merged(one); m != nil {
			whole = append(whole, *m)
		}
	}
	if len(whole) > 0 {
		late := &built{}
		if err := a.p.encode(a.enc, late, whole, a.s); err != nil {
			return err
		}
		b.kept, b.doubt = append(b.kept, late.kept...), append(b.doubt, late.doubt...)
		b.groups = weave(b.groups, late.groups)
	}
	return a.add(b)
}

// merged lays a record over what the person's earlier records said, and returns the person when it was the last one.
func (a *assembler) merged(one person) *person {
	m, ok := a.merging[one.key]
	if !ok {
		a.merging[one.key] = &one
		a.waiting = append(a.waiting, one.key)
		return nil
	}
	for i, c := range one.row.Cells {
		if c.State != Absent {
			m.row.Cells[i] = c
		}
	}
	m.row.Origin = one.row.Origin
	m.lines += one.lines
	m.faults = append(m.faults, one.faults...)
	if m.lines < a.s.several[hash(a.s.seed, m.key)] {
		return nil
	}
	delete(a.merging, one.key)
	return m
}

func (a *assembler) add(b *built) error {
	a.plan.Doubtful += len(b.doubt)
	a.plan.Warnings = append(a.plan.Warnings, b.doubt[:min(len(b.doubt), maxWarnings-len(a.plan.Warnings))]...)
	for _, k := range b.kept {
		a.plan.Quarantined += k.row.Lines
		if err := a.sink.Row(k.row, k.faults); err != nil {
			return err
		}
	}
	for i := range b.groups {
		if err := a.addGroup(&b.groups[i]); err != nil {
			return err
		}
	}
	return nil
}

func (a *assembler) addGroup(g *group) error {
	set, ok := a.sets[g.set]
	if !ok {
		set = len(a.sets)
		a.sets[g.set] = set
	}
	slot := [2]int{g.wave, set}
	part := a.open[slot]
	if part == nil {
		part = &openPart{set: g.set}
		a.open[slot] = part
		a.order = append(a.order, slot)
	}
	header := a.p.Sheet.Header(g.set)
	for i := range g.rows {
		line := g.line(i)
		if len(header)+len(line) > a.p.MaxSize {
			if err := a.tooLarge(g.rows[i]); err != nil {
				return err
			}
			continue
		}
		if len(part.rows) == a.p.MaxRows || len(part.data)+len(line) > a.p.MaxSize {
			if err := a.close(slot, part); err != nil {
				return err
			}
		}
		if len(part.rows) == 0 {
			part.data = append(part.data[:0], header...)
		}
		part.data = append(part.data, line...)
		r := g.rows[i]
		r.PartRow = len(part.rows) + 1
		part.rows = append(part.rows, r)
	}
	return nil
}

func (a *assembler) tooLarge(r RowResult) error {
	f := Fault{Origin: r.Origin, Rule: "size", Message: "the row alone is larger than layout.max_bytes"}
	r.Outcome, r.Reason = Quarantined, f.Message
	a.plan.Quarantined += r.Lines
	return a.sink.Row(r, []Fault{f})
}

// close hands an open part to the sink and empties it.
func (a *assembler) close(slot [2]int, part *openPart) error {
	if len(part.rows) == 0 {
		return nil
	}
	a.count(slot, part)
	if a.p.Hold {
		for _, r := range part.rows {
			r.Outcome, r.PartRow, r.Reason = Held, 0, "the run is held by a limit"
			a.held += r.Lines
			if err := a.sink.Row(r, nil); err != nil {
				return err
			}
		}
	} else {
		sum := sha256.Sum256(part.data)
		c := closed{wave: slot[0], set: slot[1], seq: part.seq, hash: hex.EncodeToString(sum[:])}
		var err error
		c.id, err = a.sink.Part(Part{
			Wave: slot[0], Rows: len(part.rows), Size: int64(len(part.data)), SHA256: c.hash, State: Planned, Planned: a.p.Started,
		}, bytes.Clone(part.data), part.rows)
		if err != nil {
			return err
		}
		a.closed = append(a.closed, c)
	}
	part.seq++
	part.data, part.rows = part.data[:0], nil
	return nil
}

func (a *assembler) count(slot [2]int, part *openPart) {
	a.plan.Parts++
	a.plan.Bytes += int64(len(part.data))
	a.plan.Rows += len(part.rows)
	if slot[0] == a.s.waves.last+1 {
		a.plan.Deactivations += len(part.rows)
	}
	if !a.p.Hold {
		for _, r := range part.rows {
			a.plan.Records += r.Lines
		}
	}
	for i, name := range a.p.Mapping.Columns() {
		if part.set.Has(i) {
			a.plan.Columns[name] += len(part.rows)
		}
	}
}

func (a *assembler) finish() error {
	rest := &built{}
	var people []person
	for _, key := range a.waiting { // only where two people share a hash
		if m, ok := a.merging[key]; ok {
			people = append(people, *m)
			delete(a.merging, key)
		}
	}
	if err := a.p.encode(a.enc, rest, people, a.s); err != nil {
		return err
	}
	if err := a.add(rest); err != nil {
		return err
	}
	waves := map[int]bool{}
	for _, slot := range a.order {
		if err := a.close(slot, a.open[slot]); err != nil {
			return err
		}
		waves[slot[0]] = true
	}
	a.plan.Waves, a.plan.Sets = len(waves), len(a.sets)
	return a.p.name(a.sink, a.closed)
}
