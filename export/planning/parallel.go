package planning

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

// worker is the state of one goroutine from chunk to chunk.
type worker struct {
	p       *Planner
	files   []string // their names
	bound   bound    // mapping bound to the header of the record before
	mappers map[*export.Header]bound
	records int // records of the chunk before
	rec     export.Record
	holding export.Holding // of rec
	kept    *export.Fault  // an override leaves the person of rec as they are
	enc     *encoder

	from  validFrom // from when the record holds
	zones map[string]*time.Location
}

func (p *Planner) worker() *worker {
	return &worker{p: p, files: p.Feed.Names(), mappers: map[*export.Header]bound{}}
}

func (w *worker) file(rec *export.Record) string { return w.files[rec.File] }

// bound is the mapping bound to a header, with the index of the key in its records.
type bound struct {
	header *export.Header
	mapper export.RowMapper
	key    int
	leaves int // index of the day on which the person leaves; -1 where it is not asked for
	// effective and zone are the indexes of the day from which a record holds and of its time zone; -1 where there are none.
	effective, zone int
	where           bool // Planner.Where holds for its file
}

// bind binds the mapping to a header once.
func (w *worker) bind(h *export.Header, kept bool) error {
	if w.bound.header == h {
		return nil
	}
	if b, ok := w.mappers[h]; ok {
		w.bound = b
		return nil
	}
	m, err := w.p.Mapping.Bind(h)
	if err != nil {
		err = export.WithHintsOf(&export.UnusableFeedError{File: w.files[h.File], Line: 1, Why: err.Error()}, err)
		if kept {
			err = export.Hint(err, "an earlier run has kept these records: fix the mapping, or give them up with hr2coupa settle RUN rejected, where RUN is what follows the @")
		}
		return err
	}
	key := h.Index(w.p.Key)
	if key < 0 {
		return &export.UnusableFeedError{File: w.files[h.File], Line: 1, Why: fmt.Sprintf("it has no column %q, which feed.key names", w.p.Key)}
	}
	leaves := -1
	if w.p.Leaves != nil {
		leaves = h.Index(w.p.Leaves.Field)
	}
	effective, zone := -1, -1
	if w.p.Effective != nil {
		effective, zone = h.Index(w.p.Effective.Field), h.Index(w.p.Effective.ZoneField)
	}
	w.bound = bound{h, m, key, leaves, effective, zone, w.p.Where != nil && w.p.Where(w.files[h.File])}
	w.mappers[h] = w.bound
	return nil
}

// each calls f for every record of a chunk that is to be planned. person is the tidy key. m is nil where the record could
// not be read or its key names no person; rec.Fault then has the reason. It is also nil, and rec.Fault too, where the feed is not
// about the person, and where the record waits for its day: w.from then has it.
func (p *Planner) each(w *worker, c export.Chunk, f func(rec *export.Record, person string, m export.RowMapper) error) error {
	rec := &w.rec
	if rec.Kept { // the chunk before was one of kept records
		*rec = export.Record{}
	}
	for c.Next(rec) {
		var person string
		var m export.RowMapper
		w.from = validFrom{}
		if rec.Open && rec.Fault == nil && p.cut(w.file(rec)) {
			rec.Fault = &export.Fault{Rule: "cut", Message: sayCut}
		}
		if rec.Fault == nil {
			if err := w.bind(rec.Header, rec.Kept); err != nil {
				return err
			}
			person = alike.Tidy(rec.Values[w.bound.key])
			if damage := alike.SheetDamage(person); person == "" {
				rec.Fault = &export.Fault{Field: p.Key, Rule: "key", Message: "is empty: the record names no person"}
			} else if damage != "" {
				rec.Fault = &export.Fault{Field: p.Key, Rule: "spreadsheet", Message: damage}
			} else {
				m = w.bound.mapper
			}
		}
		if p.Only != nil && !rec.Kept && !p.Only(export.Origin{File: w.file(rec), Line: rec.Line}, person) {
			continue
		}
		if m != nil && w.superseded(rec) {
			m = nil
		}
		if m != nil && w.bound.where {
			if covered, fault := m.Covers(rec); !covered {
				rec.Fault, m = fault, nil
			} else if rec.Kept && p.leftOut != nil && p.leftOut(person) {
				m = nil
			}
		}
		if w.kept = nil; m != nil && p.Known != nil {
			if w.kept = p.Known.Kept(person); w.kept != nil {
				m = nil
			}
		}
		if m != nil {
			if w.from, rec.Fault = w.holds(rec); rec.Fault != nil || w.from.later {
				m = nil
			}
		}
		if m != nil && p.ReadsCoupa {
			rec.Coupa = p.holding(&w.holding, person)
		}
		if err := f(rec, person, m); err != nil {
			return err
		}
	}
	return nil
}

// holding fills h with what Coupa holds of a person, for a mapping that reads it; nil where it is not known. In a first pass Coupa is
// still to be asked, and a person who was not asked about after it is one whose row goes nowhere: nothing of either is lost.
func (p *Planner) holding(h *export.Holding, person string) *export.Holding {
	*h = export.Holding{}
	switch {
	case p.Notes != nil:
		h.Later = true
	case p.Answers == nil:
		return nil
	case !p.Answers.Asked(person):
		h.Later = true
	default:
		if u, found := p.Answers.Found(person); found {
			h.User = &u
		}
	}
	return h
}

// parallel has all workers work on chunks and collects their results in the order of the feed. A chunk is released when
// its work is done, so the result of work must not alias it. At most a few chunks a worker are under way.
func parallel[T any](ctx context.Context, p *Planner, work func(*worker, export.Chunk) (T, error), collect func(T) error) error {
	n := max(1, p.Workers)
	type result struct {
		seq int
		got T
		err error
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	tickets := make(chan struct{}, 3*n)
	jobs := make(chan export.Chunk, n)
	results := make(chan result, n)
	var wg export.Group
	for range n {
		wg.Go(func() {
			w := p.worker()
			for c := range jobs {
				var got T
				err := export.Guard(func() (err error) { got, err = work(w, c); return err })
				seq := c.Seq()
				c.Release()
				results <- result{seq, got, err}
			}
		})
	}
	read := export.Async(func() error {
		defer close(results)
		defer wg.Wait()
		defer close(jobs)
		return p.Feed.Chunks(func(c export.Chunk) error {
			select {
			case tickets <- struct{}{}:
				jobs <- c
				return nil
			case <-ctx.Done():
				c.Release()
				return context.Cause(ctx)
			}
		})
	})
	err := func() error {
		waiting := map[int]T{}
		next := 0
		for r := range results {
			if r.err != nil {
				return r.err
			}
			waiting[r.seq] = r.got
			for {
				got, ok := waiting[next]
				if !ok {
					break
				}
				delete(waiting, next)
				next++
				<-tickets
				if err := collect(got); err != nil {
					return err
				}
			}
		}
		return nil
	}()
	if err != nil {
		cancel(errStopped)
		for range results { // wait for the workers to end before the caller goes on
		}
		return err
	}
	return <-read
}

var errStopped = errors.New("stopped")
