package export

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// countLimit is a limit that counts people by what changes of them, over all starts of a day.
type countLimit struct {
	name  string
	limit Limit
	kinds ChangeKinds // it counts people with one of these; 0: everyone but those who are deactivated
	named bool        // it is a limit of a single column: it counts people whose rows name it, whatever their kinds
}

func (c *countLimit) counts(kinds ChangeKinds, names []string) bool {
	if c.named {
		return slices.Contains(names, c.name)
	}
	if c.kinds == 0 {
		return !kinds.Has(ChangeDeactivation)
	}
	return c.kinds&kinds != 0
}

// byColumn returns the limits of single columns, in the order of the columns.
func (l Limits) byColumn() (out []countLimit) {
	for _, column := range slices.Sorted(maps.Keys(l.Columns)) {
		out = append(out, countLimit{name: ColumnLimit(column), limit: l.Columns[column], named: true})
	}
	return out
}

// counted returns the limits that count people by kinds of change, in the order in which they are judged.
func (l Limits) counted() []countLimit {
	out := []countLimit{
		{name: CreatesLimit, limit: l.Creates, kinds: ChangeKinds(0).With(ChangeCreate)},
		{name: DeactivationsLimit, limit: l.Deactivations, kinds: ChangeKinds(0).With(ChangeDeactivation)},
	}
	for _, k := range l.kinds() {
		out = append(out, countLimit{name: k.name, limit: k.limit, kinds: ChangeKinds(0).With(k.kind)})
	}
	return append(out, countLimit{name: UpdatesLimit, limit: l.Updates})
}

// Usage is how much of the limits the earlier starts of a day have used: the people for whom something was committed to be
// sent, each once a limit. It knows the people whom approvals name, too. It holds keys only for limits that are not
// unlimited. A nil *Usage knows nothing. Once it is filled, several goroutines may read it.
type Usage struct {
	limits []countLimit
	used   []map[string]int32 // by limit: of each person the run that counted them first, by its place in runs
	runs   []string           // in the order of their plans
	named  Named
}

// NewUsage returns a usage of these limits to which nothing was added; named are the people whom the approvals that count
// now name.
func (l Limits) NewUsage(named Named) *Usage {
	u := &Usage{named: named}
	for _, c := range append(l.counted(), l.byColumn()...) {
		if !c.limit.Unlimited {
			u.limits = append(u.limits, c)
			u.used = append(u.used, map[string]int32{})
		}
	}
	return u
}

// Kinds returns the kinds of change that Add has to see; all is true where it has to see every row.
func (u *Usage) Kinds() (kinds ChangeKinds, all bool) {
	for _, c := range u.limits {
		kinds |= c.kinds
		all = all || c.kinds == 0 && !c.named
	}
	return kinds, all
}

// Columns returns the columns that have a limit of their own, each with the name of that limit.
func (u *Usage) Columns() map[string]string {
	columns := map[string]string{}
	if u == nil {
		return columns
	}
	for _, c := range u.limits {
		if column, ok := strings.CutPrefix(c.name, columnLimits); ok {
			columns[column] = c.name
		}
	}
	return columns
}

// Add counts a row that a run has committed to be sent. Runs come in the order of their plans. covered are the people whom the
// approvals name that the run has used: they are not counted again. names are the limits of single columns that count the row.
func (u *Usage) Add(run, key string, kinds ChangeKinds, covered Named, names ...string) {
	if n := len(u.runs); n == 0 || u.runs[n-1] != run {
		u.runs = append(u.runs, run)
	}
	for i := range u.limits {
		c := &u.limits[i]
		if !c.counts(kinds, names) || covered.has(c.name, key) {
			continue
		}
		if _, counted := u.used[i][key]; !counted {
			u.used[i][key] = int32(len(u.runs) - 1)
		}
	}
}

// RunUse is how many people a run has counted for a limit first.
type RunUse struct {
	Run    string `json:"run"`
	People int    `json:"people"`
}

// Named are the people whom approvals name, by limit: those whom the approved run would have changed in the way that the
// limit counts.
type Named map[string]*NamedPeople

// NamedPeople are people whom approvals name for one limit.
type NamedPeople struct {
	keys     map[string]bool
	everyone bool // a ledger of an earlier version does not know what the rows of the approved run would change
}

// Add names the people of an approved run. rows calls f with the key of each row that the run would have sent, with what it would
// change, and with the limits of single columns that count it.
func (n Named) Add(a Approval, rows func(f func(key string, kinds ChangeKinds, names ...string)) error) error {
	all := (Limits{}).counted()
	for name := range a.Ceilings {
		if strings.HasPrefix(name, columnLimits) {
			all = append(all, countLimit{name: name, named: true})
		}
	}
	var limits []countLimit
	for _, c := range all {
		if _, ok := a.Ceilings[c.name]; ok {
			limits = append(limits, c)
			if n[c.name] == nil {
				n[c.name] = &NamedPeople{keys: map[string]bool{}}
			}
		}
	}
	if len(limits) == 0 {
		return nil
	}
	seen, known := false, false
	err := rows(func(key string, kinds ChangeKinds, names ...string) {
		seen, known = true, known || kinds != 0
		for i := range limits {
			if limits[i].counts(kinds, names) {
				n[limits[i].name].keys[key] = true
			}
		}
	})
	for _, c := range limits {
		p := n[c.name]
		p.everyone = p.everyone || seen && (!known || c.named && len(p.keys) == 0)
	}
	return err
}

func (n Named) has(limit, key string) bool {
	p := n[limit]
	return p != nil && (p.everyone || p.keys[key])
}

// byName reports whether it is known whom the approvals of a limit name.
func (n Named) byName(limit string) bool { return n[limit] != nil && !n[limit].everyone }

// Tally counts the people of one plan against a Usage. A nil *Tally counts nothing.
type Tally struct {
	of     *Usage
	counts []tallied // by limit of the usage
}

// tallied are the people of a plan for one limit, each in one of the four figures.
type tallied struct {
	fresh, again           int // those whom no approval names; again: an earlier start has counted them
	namedFresh, namedAgain int
	by                     map[int32]int // people whom an earlier start has counted, by its place in the runs
}

// NewTally returns a tally to which no person was added; nil for a nil *Usage.
func (u *Usage) NewTally() *Tally {
	if u == nil {
		return nil
	}
	return &Tally{of: u, counts: make([]tallied, len(u.limits))}
}

// Add counts a person of the plan; names are the limits of single columns that count it. No one may be added twice.
func (t *Tally) Add(key string, kinds ChangeKinds, names ...string) {
	if t == nil {
		return
	}
	for i := range t.of.limits {
		c := &t.of.limits[i]
		if !c.counts(kinds, names) {
			continue
		}
		n := &t.counts[i]
		run, again := t.of.used[i][key]
		if again {
			if n.by == nil {
				n.by = map[int32]int{}
			}
			n.by[run]++
		}
		switch named := t.of.named.byName(c.name) && t.of.named.has(c.name, key); {
		case named && again:
			n.namedAgain++
		case named:
			n.namedFresh++
		case again:
			n.again++
		default:
			n.fresh++
		}
	}
}

// dayCount is what counts against one limit: people of the plan, and of earlier starts.
type dayCount struct {
	has     int // people of the plan whom no approval covers
	fresh   int // of them, those whom no earlier start has counted
	covered int // people of the plan whom an approval covers
	used    int // people of earlier starts who are not in the plan
	by      []RunUse
	byName  bool // an approval counts for named people only
}

// count returns what counts against a limit, for which people are approved up to a ceiling. n is how many the plan has, where
// nothing was tallied.
func (t *Tally) count(limit string, n, approved int) dayCount {
	i := -1
	if t != nil {
		i = slices.IndexFunc(t.of.limits, func(c countLimit) bool { return c.name == limit })
	}
	if i < 0 {
		return dayCount{has: n, fresh: n}
	}
	p := &t.counts[i]
	named := p.namedFresh + p.namedAgain
	d := dayCount{has: p.fresh + p.again + named, fresh: p.fresh + p.namedFresh}
	if d.byName = t.of.named.byName(limit); d.byName && named <= approved {
		d.has, d.fresh, d.covered = p.fresh+p.again, p.fresh, named
	}
	runs := make([]int, len(t.of.runs))
	for _, run := range t.of.used[i] {
		runs[run]++
	}
	for run, people := range p.by {
		runs[run] -= people
	}
	for run, people := range runs {
		if people > 0 {
			d.used += people
			d.by = append(d.by, RunUse{t.of.runs[run], people})
		}
	}
	return d
}

// usedText returns by which runs a limit was used: "20261123T140501Z: 8, 20261123T150501Z: 3".
func usedText(by []RunUse) string {
	var parts []string
	for _, u := range by {
		parts = append(parts, u.Run+": "+strconv.Itoa(u.People))
	}
	return strings.Join(parts, ", ")
}
