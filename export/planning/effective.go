package planning

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

const (
	sayNoFrom = "cannot be read as a date, so it is not known from when the record holds"
	sayNoZone = "is not a time zone, so it is not known when the day of the record begins"
)

// Effective is the day from which a record holds.
type Effective struct {
	Field     string // of HR's records
	ZoneField string // the field with the time zone of the day; "": no field has it
	Zone      *time.Location
	Now       time.Time
	// Day returns the day, as 2006-01-02, of a text of the field; "" for a blank. Every worker calls it.
	Day func(text string, zone *time.Location) (string, error)
}

// validFrom is from when a record holds.
type validFrom struct {
	day, zone string // "": it holds at once
	later     bool   // the day has not come
}

// holds returns from when a record of the worker's header holds. zones are the zones that the worker has met.
func (w *worker) holds(rec *export.Record) (h validFrom, fault *export.Fault) {
	if rec.Day != "" {
		return validFrom{day: rec.Day}, nil
	}
	e := w.p.Effective
	if e == nil || w.bound.effective < 0 {
		return h, nil
	}
	text := rec.Values[w.bound.effective]
	if strings.TrimSpace(text) == "" {
		return h, nil
	}
	zone := e.Zone
	if at := w.bound.zone; at >= 0 {
		if name := strings.TrimSpace(rec.Values[at]); name != "" {
			if zone = w.zone(name); zone == nil {
				return h, &export.Fault{Field: e.ZoneField, Rule: export.RuleEffective, Message: sayNoZone, Value: export.AtStake(e.ZoneField, name)}
			}
		}
	}
	var err error
	if h.day, err = e.Day(text, zone); err != nil {
		return h, &export.Fault{Field: e.Field, Rule: export.RuleEffective, Message: sayNoFrom, Value: export.AtStake(e.Field, strings.TrimSpace(text))}
	}
	h.zone = zone.String()
	h.later = e.Now.In(zone).Format(time.DateOnly) < h.day
	return h, nil
}

// zone returns the time zone of a name, nil where there is none.
func (w *worker) zone(name string) *time.Location {
	zone, ok := w.zones[name]
	if !ok {
		zone, _ = time.LoadLocation(strings.Clone(name))
		if name == "Local" {
			zone = nil
		}
		if w.zones == nil {
			w.zones = map[string]*time.Location{}
		}
		w.zones[strings.Clone(name)] = zone
	}
	return zone
}

// wait adds a record to b that waits for its day. In a held run it is held as all records are.
func (p *Planner) wait(b *built, w *worker, rec *export.Record, key string) {
	origin := export.Origin{File: w.file(rec), Line: rec.Line}
	r := export.RowResult{Origin: origin, Lines: 1, Key: strings.Clone(key), Outcome: export.Pending, Faults: notYet(export.RuleEffective, "effective on "+w.from.day, "")}
	k := export.KeepRecord(rec, origin.File, nil).KeptRecord
	replaced, some := p.Replaced[origin]
	switch {
	case p.Hold:
		r.Outcome, r.Faults = export.Held, heldByLimit
	case some && replaced.Left == nil:
		r.Faults = notYet(export.RuleEffective, "replaced by "+replaced.By.String()+", a newer record of this person", "")
		b.kept = append(b.kept, keptRow{r, nil, false})
		return
	default:
		fields := valuesOf(rec)
		if some {
			fields = replaced.Left
		}
		k.Dated = &export.DatedRecord{Key: r.Key, Day: w.from.day, Zone: w.from.zone, Fields: fields}
	}
	b.kept = append(b.kept, keptRow{r, []export.KeptRecord{k}, false})
}

// valuesOf returns the fields in which a record has a value.
func valuesOf(rec *export.Record) map[string]string {
	fields := map[string]string{}
	for i, v := range rec.Values {
		if strings.TrimSpace(v) != "" {
			fields[rec.Header.Fields[i]] = strings.Clone(v)
		}
	}
	return fields
}

// saying is what a record says that may replace records of its person which wait for their day.
type saying struct {
	key    string
	origin export.Origin
	kept   bool
	said   map[string]string // the fields with a value
	later  bool              // it waits for its day itself
	all    bool              // it replaces everything: the feed is not about the person any more, or is everybody
	waits  *export.DatedRecord
}

// ReadReplaced reads which records that wait for their day are replaced by newer ones of the planner's feed, cell by cell, and
// returns them by their place. waiting are those in the ledger; records of the feed which an earlier plan has kept, and whose day is
// still to come, are among them too. A newer record counts whatever becomes of its row: it is HR's latest word. Records of one run are
// steps, and do not replace each other. Where whole is true, the new files of the feed are everybody. who are the fields
// that say who a person is: every row needs them, so that a record which is replaced in part keeps them, as they are now.
func ReadReplaced(ctx context.Context, p *Planner, waiting []export.DatedRecord, whole bool, who []string) (map[export.Origin]export.DatedChange, error) {
	r := replacing{p: p, whole: whole, who: who, people: map[string][]*candidate{}, seen: map[string]bool{}, sure: true}
	for i := range waiting {
		r.add(&waiting[i])
	}
	kept := p.Joined
	own := *p
	own.leftOut = nil
	read := 0
	err := parallel(ctx, &own, func(w *worker, c export.Chunk) (found []saying, err error) {
		err = own.each(w, c, func(rec *export.Record, person string, m export.RowMapper) error {
			found = append(found, r.look(w, rec, person, m))
			return nil
		})
		return found, err
	}, func(found []saying) error {
		for i := range found {
			if read++; found[i].waits != nil && read <= kept {
				r.add(found[i].waits)
			}
			r.replace(&found[i])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r.changes(), nil
}

// candidate is a record that waits for its day.
type candidate struct {
	*export.DatedRecord
	left map[string]string
	open map[string]string // of these, what no newer record has said
	by   saying
}

type replacing struct {
	p      *Planner
	whole  bool
	who    []string
	people map[string][]*candidate
	seen   map[string]bool // people of new files
	sure   bool            // every new record names its person
	last   export.Origin   // the last new record
}

func (r *replacing) add(d *export.DatedRecord) {
	r.people[d.Key] = append(r.people[d.Key], &candidate{DatedRecord: d, left: d.Fields, open: maps.Clone(d.Fields)})
}

// look returns what a record says. It is called by every worker.
func (r *replacing) look(w *worker, rec *export.Record, person string, m export.RowMapper) saying {
	n := saying{origin: export.Origin{File: w.file(rec), Line: rec.Line}, kept: rec.Kept}
	if rec.Fault != nil {
		if person != "" {
			n.key = strings.Clone(person)
		}
		return n
	}
	n.key, n.later, n.said = strings.Clone(person), w.from.later, map[string]string{}
	n.all = r.whole && !rec.Kept || m == nil && w.from.day == ""
	if w.from.later && rec.Kept {
		n.waits = &export.DatedRecord{Key: n.key, Day: w.from.day, Zone: w.from.zone, Origin: n.origin, Fields: valuesOf(rec)}
	}
	for i, v := range rec.Values {
		if strings.TrimSpace(v) != "" && !r.carries(rec.Header.Fields[i]) {
			n.said[rec.Header.Fields[i]] = strings.Clone(v)
		}
	}
	return n
}

// carries reports whether a field only carries the others: it says who and when, and not what.
func (r *replacing) carries(field string) bool {
	e := r.p.Effective
	return field == r.p.Key || e != nil && (field == e.Field || field == e.ZoneField)
}

// replace takes what a record says out of those of its person that earlier runs have read.
func (r *replacing) replace(n *saying) {
	if !n.kept {
		r.last = n.origin
		if r.seen[n.key] = true; n.key == "" {
			r.sure = false
		}
	}
	for _, c := range r.people[n.key] {
		if n.kept && runOf(n.origin.File) <= runOf(c.Origin.File) || len(n.said) == 0 && !n.all {
			continue
		}
		c.left = maps.Clone(c.left)
		for field, was := range c.left {
			now, said := n.said[field]
			if !said && !n.all {
				continue
			}
			c.by = *n
			delete(c.open, field)
			switch {
			case n.all || !slices.Contains(r.who, field) || n.later && now != was:
				delete(c.left, field)
			case !n.later: // every row needs it, so it stays as it is now
				c.left[field] = now
			}
		}
	}
}

// runOf returns the run that has read the file of a kept record.
func runOf(file string) string { return file[strings.LastIndexByte(file, '@')+1:] }

// changes returns what has become of the records that wait. People whom everybody does not have any more wait for nothing.
func (r *replacing) changes() map[export.Origin]export.DatedChange {
	out := map[export.Origin]export.DatedChange{}
	gone := r.whole && r.sure && r.last.File != ""
	for key, list := range r.people {
		for _, c := range list {
			switch {
			case c.by.origin.File == "" && gone && !r.seen[key]:
				out[c.Origin] = export.DatedChange{By: export.Origin{File: r.last.File}}
			case c.by.origin.File == "":
			case !slices.ContainsFunc(slices.Collect(maps.Keys(c.open)), func(f string) bool { return !r.carries(f) }):
				out[c.Origin] = export.DatedChange{By: c.by.origin, Kept: c.by.kept}
			default:
				out[c.Origin] = export.DatedChange{Left: c.left, By: c.by.origin, Kept: c.by.kept}
			}
		}
	}
	return out
}
