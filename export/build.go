package export

import (
	"context"
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
	kept   []KeptRecord
}

// person is one record, or several merged, of a person on the way to a row. Its texts may alias the chunk.
type person struct {
	key    string
	row    Row
	lines  int
	faults []Fault
	kept   []KeptRecord // its records, where they may have to be kept for the next plan
}

func (p *Planner) build(ctx context.Context, s *survey, sink Sink) (*Plan, error) {
	s.spare = make(chan group, spareGroups)
	a := p.assembler(s, sink)
	err := parallel(ctx, p, func(w *worker, c Chunk) (*built, error) { return p.buildChunk(w, c, s) }, a.take)
	if err != nil {
		return nil, err
	}
	if err := a.finish(); err != nil {
		return nil, err
	}
	return a.plan, a.plan.balance()
}

func (p *Planner) buildChunk(w *worker, c Chunk, s *survey) (*built, error) {
	if w.enc == nil {
		w.enc = p.encoder(s)
	}
	b := &built{}
	n := len(w.enc.names)
	w.people, w.cells = w.people[:0], w.cells[:0]
	err := p.each(w, c, func(rec *Record, key string, m RowMapper) {
		b.input++
		origin := Origin{w.file(rec), rec.Line}
		if m == nil {
			rec.Fault.Origin = origin
			b.keep(&person{key: strings.Clone(key), row: Row{Origin: origin}, lines: 1, faults: []Fault{*rec.Fault}})
			return
		}
		one := person{key: key, row: Row{origin, w.take(n)}, lines: 1}
		one.faults = m.Map(rec, one.row.Cells)
		for i := range one.faults {
			one.faults[i].Origin = origin
		}
		several := s.records(key) > 1
		if w.enc.mayKeep(&one, several) {
			one.kept = []KeptRecord{keep(rec, w.files[rec.File])}
		}
		if several {
			one.key, one.row.Cells = strings.Clone(key), cloneCells(one.row.Cells)
			b.merge = append(b.merge, one)
			return
		}
		w.people = append(w.people, one)
	})
	if err != nil {
		return nil, err
	}
	return b, w.enc.encode(b, w.people)
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
