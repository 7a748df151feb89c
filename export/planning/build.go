package planning

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/howfar"
)

// Build plans the whole feed into sink.
func (p *Planner) Build(ctx context.Context, sink Sink) (*export.Plan, error) {
	s := p.newSurvey()
	a := p.assembler(s, sink)
	found, err := p.first(ctx, s, a)
	if err != nil {
		return nil, err
	}
	if fresh := found.input - p.Joined - p.Made; fresh < p.MinRecords && p.Only == nil {
		return nil, (&export.UnusableFeedError{Why: fmt.Sprintf("%d records, and feed.min_records asks for %d", fresh, p.MinRecords)}).WithHint("set feed.min_records to 0 if HR may have nothing to change")
	}
	if s = found.findings(p, s); !s.simple() {
		if p, err = p.sorted(ctx, s); err != nil {
			return nil, err
		}
		if a, err = p.again(ctx, s, sink); err != nil {
			return nil, err
		}
	}
	if s.awaited = a.approvers.awaited(p); len(s.awaited) > 0 {
		if a, err = p.again(ctx, s, sink); err != nil {
			return nil, err
		}
	}
	return a.finish()
}

// first surveys and builds the feed in one pass, in the hope that nothing repeats. As soon as something does, it goes
// on only with the survey. What it passes to the assembler is the same for any number of workers.
func (p *Planner) first(ctx context.Context, s *survey, a *assembler) (*probes, error) {
	type draft struct {
		probe *probe
		built *built
	}
	found := &probes{}
	var lost atomic.Bool
	err := parallel(ctx, p, func(w *worker, c export.Chunk) (d draft, err error) {
		if lost.Load() {
			d.probe, err = p.probe(w, c, s)
			return d, err
		}
		d.probe = w.probe(s)
		d.built, err = p.buildChunk(w, c, s, d.probe)
		return d, err
	}, func(d draft) error {
		found.add(d.probe)
		howfar.Tell(ctx, found.input, 0)
		if lost.Load() {
			return nil
		}
		if found.due() && !found.findings(p, s).simple() {
			lost.Store(true)
			return nil
		}
		return a.take(d.built)
	})
	return found, err
}

// sorted completes what the survey has found, and returns the planner that builds by it.
func (p *Planner) sorted(ctx context.Context, s *survey) (*Planner, error) {
	if len(s.leftOut) > 0 {
		own := *p
		own.leftOut = func(person string) bool { _, out := s.leftOut[hash(s.seed, person)]; return out }
		p = &own
	}
	if s.suspicious() {
		if err := p.resolve(ctx, s); err != nil {
			return nil, err
		}
	}
	if len(s.circles.approver) > 0 {
		if err := p.places(ctx, s); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// again discards what the sink has, and builds the feed by what the survey has found.
func (p *Planner) again(ctx context.Context, s *survey, sink Sink) (*assembler, error) {
	if err := sink.Restart(); err != nil {
		return nil, err
	}
	a := p.assembler(s, sink)
	err := parallel(ctx, p, func(w *worker, c export.Chunk) (*built, error) { return p.buildChunk(w, c, s, nil) }, func(b *built) error {
		howfar.Tell(ctx, a.plan.Input, 0)
		return a.take(b)
	})
	return a, err
}

// buildChunk maps, checks and encodes a chunk. It also adds what the survey needs to g, unless g is nil.
func (p *Planner) buildChunk(w *worker, c export.Chunk, s *survey, g *probe) (*built, error) {
	if w.enc == nil {
		w.enc = p.encoder(s)
	}
	b := &built{}
	cells := make([]export.Cell, len(w.enc.names))
	var one rowDraft
	err := p.each(w, c, func(rec *export.Record, key string, m export.RowMapper) error {
		b.input++
		origin := export.Origin{File: w.file(rec), Line: rec.Line}
		if m == nil {
			if g != nil {
				g.skip(p, s, rec, key, w.from.later)
			}
			if w.from.later {
				p.wait(b, w, rec, key)
				return nil
			}
			if rec.Fault == nil {
				r := export.RowResult{Origin: origin, Lines: 1, Key: strings.Clone(key), Outcome: export.Excluded}
				if w.kept != nil {
					r.Faults = export.Faults{*w.kept}
				} else if w.superseded(rec) {
					r.Faults = bySuperseded
				}
				b.kept = append(b.kept, keptRow{r, nil, false})
				return nil
			}
			rec.Fault.Origin = origin
			b.keep(&rowDraft{key: strings.Clone(key), row: export.Row{Origin: origin}, lines: 1, faults: export.Faults{*rec.Fault}})
			return nil
		}
		one = rowDraft{key: key, row: export.Row{Origin: origin, Cells: cells}, lines: 1}
		one.faults = m.Map(rec, one.row.Cells)
		one.leaves = w.leaveDay(rec)
		one.reads = rec.Coupa != nil && rec.Coupa.Read
		one.unsaid = unsaid(rec, m, len(cells))
		one.unmade = w.enc.completer.unmade(rec, m, cells)
		if g != nil {
			g.add(p, s, key, one.row.Cells)
		}
		for i := range one.faults {
			one.faults[i].Origin = origin
		}
		several := s.records(key) > 1
		if w.enc.mayKeep(&one, several) {
			one.kept = []export.Keepable{export.KeepRecord(rec, w.file(rec), one.row.Cells)}
		}
		if several {
			one.key, one.row.Cells = strings.Clone(key), cloneCells(one.row.Cells)
			one.leaves = strings.Clone(one.leaves)
			one.several = p.ofSeveral(rec, origin, m, w.from.day)
			b.merge = append(b.merge, one)
			return nil
		}
		return w.enc.add(b, &one)
	})
	if err != nil {
		return nil, err
	}
	w.records = b.input
	return b, w.enc.finish(b)
}

// built is the result of one chunk: encoded lines by file group, and rows that are not sent.
type built struct {
	input  int
	groups []group
	kept   []keptRow
	merge  []rowDraft // records of people with several records, still to be merged
	doubt  []export.Fault
	filled []export.Filling // by mapped column; nil where nothing is known of people

	approvers superiors
}

// group holds encoded lines that go into files of one wave and one column set.
type group struct {
	wave int
	set  export.ColumnSet
	data []byte
	ends []int
	rows []export.RowResult

	lines export.RowEncoder // nil once the chunk is finished; rows may wait in it
}

type keptRow struct {
	row  export.RowResult
	kept []export.KeptRecord
	sure bool // it is unchanged by the ledger alone
}

// rowDraft is one record, or several merged records, of a person on the way to a row. Its texts may alias the chunk.
type rowDraft struct {
	key    string
	row    export.Row
	lines  int
	faults export.Faults
	kept   []export.Keepable // its records, where they may have to be kept for the next plan

	several   *ofSeveral       // nil for people with one record
	completed export.ColumnSet // columns that HR's records lack
	unsaid    export.ColumnSet // columns of which they say nothing, not even that there is no value
	unmade    export.ColumnSet // needed columns of which the mapping makes nothing, although they have what it reads
	blank     export.ColumnSet // columns without a value, for which the ledger knows one
	counted   []string         // names of the limits of single columns that count the person
	leaves    string           // the day on which HR says that the person leaves, as it is written
	reads     bool             // it was made with what Coupa holds of the person, or waits for that
	sure      bool             // it equals what was last confirmed, and Coupa need not be asked
}

func cloneCells(cells []export.Cell) []export.Cell {
	out := slices.Clone(cells)
	for i := range out {
		out[i].Text = strings.Clone(out[i].Text)
	}
	return out
}
