package reconciling

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/reconcile"
)

// readHR reads HR's side: the feed through mapping and layout, as a plan does that knows nothing else. Rows that only lack
// what Coupa may complete are compared too: what HR does not say cannot differ.
func (s *sides) readHR(ctx context.Context) error {
	all, err := s.pipe.Open(s.pipe.Patterns(s.o.Files), s.res.At)
	if err != nil {
		return err
	}
	whole, older, err := prospect.Everybody(s.pipe, s.o.Files, all)
	if err != nil {
		return err
	}
	o := s.pipe.Options
	o.Route = export.ByAPI // its rows carry every column, and values that are cleared
	sheet, err := layout.New(o)
	if err != nil {
		return err
	}
	f := &wholeFeed{Feed: whole}
	if err := prospect.KnowPeople(ctx, s.env, s.pipe, whole, s.res.At, s.o.Export == ""); err != nil {
		return err
	}
	view := &hrView{sides: s, needed: s.needed(), lacking: map[export.Origin]bool{}, left: map[export.Origin]time.Time{}}
	p := prospect.FirstLook(s.pipe, f, s.res.At)
	p.Sheet, p.Compare, p.Roles, p.Ceilings, p.Notes = unencoded{sheet}, nil, nil, nil, view.note
	if p.Leaves != nil {
		s.res.Leaves = p.Leaves.Field
		p.Departs = view.departs
	}
	ctx, done := s.env.Wait(ctx, "reading HR's people: records")
	defer done()
	plan, err := p.Build(ctx, view)
	if err != nil {
		return errors.Join(view.err, err)
	}
	if lost := f.lost.Load(); lost != nil {
		return &export.UnusableFeedError{File: lost.File, Line: lost.Line, Why: "nothing behind this line can be read, so HR's side is not whole", Hint: "fix the line, or have HR deliver the file again"}
	}
	s.res.Files, s.res.Records, s.res.Older = whole.Files(), plan.Input, older
	if view.err != nil {
		return view.err
	}
	if view.added != view.people || view.records != plan.Input {
		return export.Ours(fmt.Errorf("read HR's side: %d people of %d, %d records of %d", view.added, view.people, view.records, plan.Input))
	}
	return nil
}

// wholeFeed is a feed that remembers where a file could not be read to its end.
type wholeFeed struct {
	export.Feed
	lost atomic.Pointer[export.Origin]
}

// Chunks passes on the chunks of the feed.
func (f *wholeFeed) Chunks(take func(export.Chunk) error) error {
	return f.Feed.Chunks(func(c export.Chunk) error { return take(wholeChunk{c, f}) })
}

type wholeChunk struct {
	export.Chunk
	f *wholeFeed
}

// Next fills rec with the next record.
func (c wholeChunk) Next(rec *export.Record) bool {
	more := c.Chunk.Next(rec)
	if more && rec.Lost {
		c.f.lost.Store(&export.Origin{File: c.f.Names()[rec.File], Line: rec.Line})
	}
	return more
}

// hrView takes a plan that goes nowhere: its rows are HR's side.
type hrView struct {
	*sides
	needed  []int
	mu      sync.Mutex
	err     error
	added   int                         // people who were added
	left    map[export.Origin]time.Time // when people leave of whom note is about to be told
	lacking map[export.Origin]bool      // of these, whose row lacks a value that Coupa wants in every row
	people  int                         // people whose rows are sound, or only lack such values
	records int
}

// departs takes the day on which a person leaves, before note takes the person. It has the signature of planning.Planner.Departs. A
// day that cannot be read is none.
func (v *hrView) departs(at export.Origin, day string) {
	when, ok, err := v.pipe.Mapping.LeaveDay(day)
	if !ok || err != nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.left[at] = when
}

// leave returns the day that departs has taken.
func (v *hrView) leave(at export.Origin) time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	when := v.left[at]
	delete(v.left, at)
	return when
}

// note adds a person. It has the signature of planning.Planner.Notes.
func (v *hrView) note(key string, row *export.Row) {
	cells := row.Cells[:v.mapped]
	if v.pipe.Options.BlankSend && v.pipe.Sheet.Route() == export.ByCSV { // what HR leaves blank is sent blank
		cells = slices.Clone(cells)
		carried := v.pipe.Sheet.Carried(row)
		for i := range cells {
			if carried.Has(i) && cells[i].State == export.Absent {
				cells[i].State = export.Clear
			}
		}
	}
	lacks := slices.ContainsFunc(v.needed, func(i int) bool { return row.Cells[i].Lacks() })
	if lacks { // a run completes these from Coupa, so that blanks say nothing
		cells = slices.Clone(cells)
		for _, i := range v.needed {
			if cells[i].Lacks() {
				cells[i] = export.Cell{}
			}
		}
	}
	left := v.leave(row.Origin)
	ok, err := v.compared.AddPerson(reconcile.Person{Key: key, Origin: row.Origin, Cells: cells, Left: left, Ended: row.Ended || !left.IsZero() && !left.After(v.res.At)})
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.err == nil {
		v.err = err
	}
	if ok {
		v.added++
		v.res.Period.leaves(key, row.Origin, left)
	}
	if ok && lacks {
		v.lacking[row.Origin] = true
	}
}

// needed returns the columns of which Coupa wants a value in every row, as places in the row.
func (s *sides) needed() (at []int) {
	for i, name := range s.pipe.Options.Columns {
		if c, _ := layout.Lookup(name); c.Required || name == s.pipe.Key {
			at = append(at, i)
		}
	}
	return at
}

// Part counts the people of a part.
func (v *hrView) Part(_ export.Part, _ []byte, rows []export.RowResult) (int64, error) {
	v.people += len(rows)
	for i := range rows {
		v.records += rows[i].Lines
	}
	return 0, nil
}

// Row takes a row that a run would not send.
func (v *hrView) Row(r export.RowResult, kept []export.KeptRecord) error {
	v.records += r.Lines
	if v.lacking[r.Origin] {
		v.people++
		return nil
	}
	if r.Outcome == export.Excluded {
		v.compared.LeaveOut(r.Key, reconcile.Excluded)
		return v.out.Add(r)
	}
	if len(kept) == 1 && kept[0].Dated != nil {
		v.compared.Wait(r.Key, kept[0].Dated.Day)
		return v.out.Add(r)
	}
	why := reconcile.Quarantined
	if slices.ContainsFunc(r.Faults, func(f export.Fault) bool { return f.Rule == "protected" }) {
		why = reconcile.Protected
	}
	v.compared.LeaveOut(r.Key, why)
	return v.out.Add(r)
}

// Name does nothing: there are no parts.
func (v *hrView) Name(int64, string) error { return nil }

// Restart forgets what was taken so far.
func (v *hrView) Restart() error {
	v.compared.Forget()
	v.added, v.people, v.records = 0, 0, 0
	clear(v.lacking)
	clear(v.left)
	return v.out.Close()
}

// unencoded is a sheet whose rows become no bytes of a file.
type unencoded struct{ *layout.Sheet }

// Encoder returns an encoder that only counts.
func (unencoded) Encoder(export.ColumnSet) export.RowEncoder { return &counter{} }

type counter struct{ rows int }

// Add counts a row.
func (c *counter) Add(*export.Row) bool {
	c.rows++
	return c.rows == 1000
}

// Flush adds a line for each row.
func (c *counter) Flush(dst []byte, ends []int) ([]byte, []int, error) {
	for ; c.rows > 0; c.rows-- {
		dst = append(dst, '\n')
		ends = append(ends, len(dst))
	}
	return dst, ends, nil
}
