package planning

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

// identity are the columns that say who a person is, and whether the person is active. Records of one person must not
// disagree on them: two people may have been given one key, and one of two jobs may have ended.
var identity = [...]string{
	export.ColumnID, export.ColumnNumber, export.ColumnLogin, export.ColumnEmail, export.ColumnFirstName, export.ColumnLastName, export.ColumnStatus,
}

const ruleSeveral = "several"

// ofSeveral is what the rule for several records needs of one of them.
type ofSeveral struct {
	origin    export.Origin
	night     string // records of one night are held against each other: of one feed, or kept by one run, and for one day
	day       string // from which it holds; "" where it holds at once
	run       string // that has kept it; "" for a new record
	preferred bool
	fault     *export.Fault // the condition could not be worked out

	warnings []export.Fault // of the joined record
}

// ofSeveral returns what the rule needs of a record of a person with several.
func (p *Planner) ofSeveral(rec *export.Record, origin export.Origin, m export.RowMapper, day string) *ofSeveral {
	o := &ofSeveral{origin: origin, day: strings.Clone(day)}
	if rec.Kept {
		o.night = runOf(origin.File)
	}
	o.run = o.night
	if day != "" {
		o.night += " " + day
	}
	if p.Several == export.SeveralPrefer {
		if o.preferred, o.fault = m.Prefers(rec); o.fault != nil {
			o.fault.Origin = origin
		}
	}
	return o
}

// gathered are the records of one person, in the order of the feed, until the last one has come.
type gathered struct {
	records []rowDraft
	lines   int
}

// gather adds a record. In a log of events newer values go over older ones at once, so that memory does not grow with
// the number of events; not so where the days from which records hold decide about their order.
func (g *gathered) gather(one rowDraft, rule export.Several) {
	g.lines += one.lines
	if rule == export.SeveralLater && len(g.records) == 1 && one.several.day == "" && g.records[0].several.day == "" {
		g.records[0].absorb(&one)
		return
	}
	g.records = append(g.records, one)
}

// absorb puts newer values over older ones.
func (d *rowDraft) absorb(newer *rowDraft) {
	for i, c := range newer.row.Cells {
		if c.State != export.Absent {
			d.row.Cells[i] = c
		}
	}
	if newer.leaves != "" {
		d.leaves = newer.leaves
	}
	d.unsaid = d.unsaid.Both(newer.unsaid)
	d.unmade = d.unmade.And(newer.unmade)
	d.reads = d.reads || newer.reads
	d.row.Origin = newer.row.Origin
	d.lines += newer.lines
	d.faults = append(d.faults, newer.faults...)
	d.kept = append(d.kept, newer.kept...)
}

// joiner applies the rule for several records of one person.
type joiner struct {
	rule     export.Several
	names    []string
	identity []int // the mapped columns among identity
}

func (p *Planner) joiner() joiner {
	j := joiner{rule: p.Several, names: p.Mapping.Columns()}
	for _, name := range identity {
		if i := slices.Index(j.names, name); i >= 0 {
			j.identity = append(j.identity, i)
		}
	}
	return j
}

// join makes one record of all records of a person. Where the rule does not allow that, apart are the records, each with
// its reason.
func (j *joiner) join(records []rowDraft) (whole *rowDraft, apart []rowDraft) {
	if len(records) > 1 {
		byDay(records)
	}
	if j.rule == export.SeveralLater || len(records) == 1 {
		return newest(records), nil
	}
	of := make([]*ofSeveral, len(records))
	for i := range records {
		of[i] = records[i].several
	}
	var faults []export.Faults
	taken := make([]int, len(records))
	for i := range taken {
		taken[i] = i
	}
	if j.rule == export.SeveralPrefer {
		taken, faults = prefer(of)
	} else {
		faults = j.disagree(records)
	}
	if faults != nil {
		together(of, faults)
		for i := range records {
			records[i].faults = append(records[i].faults, faults[i]...)
		}
		return nil, records
	}
	if j.rule == export.SeveralAgree {
		records[len(records)-1].several.warnings = j.overridden(records)
	}
	lines := 0
	for i := range records {
		lines += records[i].lines
	}
	picked := make([]rowDraft, 0, len(taken))
	for _, i := range taken {
		picked = append(picked, records[i])
	}
	whole = newest(picked)
	whole.lines, whole.several = lines, records[len(records)-1].several
	return whole, nil
}

// byDay puts the records that one run has read into the order of the days from which they hold. One without a day holds from the day
// on which it was read.
func byDay(records []rowDraft) {
	for from := 0; from < len(records); {
		to := from + 1
		for to < len(records) && records[to].several.run == records[from].several.run {
			to++
		}
		slices.SortStableFunc(records[from:to], func(a, b rowDraft) int {
			x, y := a.several.day, b.several.day
			switch {
			case x == y:
				return 0
			case x == "":
				return 1
			case y == "":
				return -1
			}
			return strings.Compare(x, y)
		})
		from = to
	}
}

// newest joins records, newer values over older ones.
func newest(records []rowDraft) *rowDraft {
	whole := &records[0]
	for i := range records[1:] {
		whole.absorb(&records[1+i])
	}
	return whole
}

// nights calls f for each night, with the index of its first record and the one behind its last.
func nights(of []*ofSeveral, f func(from, to int)) {
	for from := 0; from < len(of); {
		to := from + 1
		for to < len(of) && of[to].night == of[from].night {
			to++
		}
		f(from, to)
		from = to
	}
}

// prefer picks one record of each night. Where it cannot, it returns the reasons by record instead.
func prefer(of []*ofSeveral) (taken []int, faults []export.Faults) {
	broken := make([]export.Faults, len(of))
	bad := false
	nights(of, func(from, to int) {
		if to-from == 1 {
			taken = append(taken, from)
			return
		}
		var picked []int
		failed := false
		for i := from; i < to; i++ {
			if of[i].fault != nil {
				broken[i], failed = append(broken[i], *of[i].fault), true
			}
			if of[i].preferred {
				picked = append(picked, i)
			}
		}
		if len(picked) == 1 && !failed {
			taken = append(taken, picked[0])
			return
		}
		if bad = true; failed {
			return
		}
		format := sayMorePreferred
		if len(picked) == 0 {
			format = sayNonePreferred
			for i := from; i < to; i++ {
				picked = append(picked, i)
			}
		}
		for _, i := range picked {
			named := picked[0]
			if i == named {
				named = picked[1]
			}
			broken[i] = append(broken[i], export.Fault{Origin: of[i].origin, Rule: ruleSeveral, Message: fmt.Sprintf(format, of[named].origin)})
		}
	})
	if bad {
		return nil, broken
	}
	return taken, nil
}

// Reasons why records of one person are quarantined; templates/causes.csv has their causes.
const (
	sayDisagrees     = "%s has another value for the same person"
	sayLaterDiffers  = "%s, in a later file, has another value for the same person"
	sayEarlierDiffer = "%s, in an earlier file, has another value for the same person"
	sayNonePreferred = "feed.several prefers neither this record nor %s of the same person"
	sayMorePreferred = "feed.several prefers both this record and %s of the same person"
	sayTogether      = "goes only together with %s of the same person, which is quarantined"
)

// disagree holds the records of each night against each other. It returns nil where they agree, else the reasons by
// record, each with the place of another record.
func (j *joiner) disagree(records []rowDraft) (faults []export.Faults) {
	of := make([]*ofSeveral, len(records))
	for i := range records {
		of[i] = records[i].several
	}
	against := make([]map[int][]string, len(records)) // by record: the columns in which it differs from another one
	found := false
	nights(of, func(from, to int) {
		for _, col := range j.identity {
			for i, named := range differing(records, col, from, to) {
				if against[i] == nil {
					against[i] = map[int][]string{}
				}
				against[i][named] = append(against[i][named], j.names[col])
				found = true
			}
		}
	})
	if !found {
		return nil
	}
	faults = make([]export.Faults, len(records))
	for i := range records {
		for _, named := range slices.Sorted(maps.Keys(against[i])) {
			f := export.Fault{Origin: of[i].origin, Rule: ruleSeveral, Message: fmt.Sprintf(disagreeing(of, i, named), of[named].origin)}
			if columns := against[i][named]; len(columns) == 1 {
				f.Field = columns[0]
			} else {
				f.Message = strings.Join(columns, ", ") + ": " + f.Message
			}
			faults[i] = append(faults[i], f)
		}
	}
	return faults
}

// disagreeing returns the message of record i, which another one contradicts. Records of several files are rather news of several
// nights than two people, and the files are in the order of the plan.
func disagreeing(of []*ofSeveral, i, named int) string {
	switch {
	case of[i].origin.File == of[named].origin.File:
		return sayDisagrees
	case i < named:
		return sayLaterDiffers
	}
	return sayEarlierDiffer
}

// differing returns, for each of some records that has a value in a column, another one with another value. It returns
// nil where all values are the same.
func differing(records []rowDraft, col, from, to int) map[int]int {
	first, second := -1, -1 // the first record with a value, and the first with another
	for i := from; i < to; i++ {
		cell := records[i].row.Cells[col]
		switch {
		case cell.Lacks():
		case first < 0:
			first = i
		case second < 0 && !sameIdentity(records[first].row.Cells[col], cell):
			second = i
		}
	}
	if second < 0 {
		return nil
	}
	names := map[int]int{}
	for i := from; i < to; i++ {
		switch cell := records[i].row.Cells[col]; {
		case cell.Lacks():
		case sameIdentity(records[first].row.Cells[col], cell):
			names[i] = second
		default:
			names[i] = first
		}
	}
	return names
}

// together gives a reason to the records that have none of their own.
func together(of []*ofSeveral, faults []export.Faults) {
	named := slices.IndexFunc(faults, func(f export.Faults) bool { return len(f) > 0 })
	for i := range faults {
		if len(faults[i]) == 0 {
			faults[i] = export.Faults{{Origin: of[i].origin, Rule: ruleSeveral, Message: fmt.Sprintf(sayTogether, of[named].origin)}}
		}
	}
}

// sameIdentity reports whether two cells say the same of a person. Neither case nor blanks around a text nor invisible
// characters count.
func sameIdentity(a, b export.Cell) bool {
	return a.State == b.State && (a.Text == b.Text || likeness(a.Text) == likeness(b.Text))
}

func likeness(s string) string { return fold(norm.NFC.String(alike.Tidy(s))) }

// overridden returns a warning for each record whose values take precedence over others of the same night.
func (j *joiner) overridden(records []rowDraft) (warnings []export.Fault) {
	of := make([]*ofSeveral, len(records))
	for i := range records {
		of[i] = records[i].several
	}
	nights(of, func(from, to int) {
		last := make([]int, len(j.names)) // by column: the record before that fills or clears it
		for col := range last {
			last[col] = -1
		}
		for i := from; i < to; i++ {
			var columns []string
			over := -1
			for col, cell := range records[i].row.Cells {
				if cell.State == export.Absent {
					continue
				}
				if before := last[col]; before >= 0 && records[before].row.Cells[col] != cell {
					columns, over = append(columns, j.names[col]), max(over, before)
				}
				last[col] = i
			}
			if over < 0 {
				continue
			}
			verb := "takes"
			if len(columns) > 1 {
				verb = "take"
			}
			warnings = append(warnings, export.Fault{
				Origin: of[i].origin, Rule: ruleSeveral,
				Message: fmt.Sprintf("%s %s precedence over %s of the same person", strings.Join(columns, ", "), verb, of[over].origin),
			})
		}
	})
	return warnings
}
