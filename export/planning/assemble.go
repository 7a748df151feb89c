package planning

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// assembler cuts the groups of all chunks into parts, in the order of the feed.
type assembler struct {
	p       *Planner
	s       *survey
	sink    Sink
	plan    *export.Plan
	enc     *encoder
	sets    map[export.ColumnSet]int // column sets, numbered in order of appearance
	open    map[[2]int]*openPart
	order   [][2]int
	closed  []closed
	join    joiner
	merging map[string]*gathered
	waiting []string // people in merging, by first appearance

	approvers superiors
}

// openPart is a part being filled. Its memory is reused for the next part.
type openPart struct {
	set    export.ColumnSet
	header []byte
	names  export.Carried
	seq    int
	data   []byte
	rows   []export.RowResult // those of a group, as long as it is being added; else in memory of its own
	own    []export.RowResult // that memory
}

func (p *Planner) assembler(s *survey, sink Sink) *assembler {
	a := &assembler{
		p: p, s: s, sink: sink, enc: p.encoder(s),
		plan: &export.Plan{Columns: map[string]int{}, Filled: map[string]export.Filling{}, Changes: export.NewChanges(), Compared: p.Compare != nil},
		sets: map[export.ColumnSet]int{}, open: map[[2]int]*openPart{}, join: p.joiner(), merging: map[string]*gathered{},
	}
	a.plan.Changes.ExactCase = p.ExactCase
	if a.plan.Compared {
		a.plan.Tally = p.Used.NewTally()
	}
	return a
}

func (a *assembler) take(b *built) error {
	a.plan.Input += b.input
	var people []*gathered
	for _, one := range b.merge {
		if g := a.gather(one); g != nil {
			people = append(people, g)
		}
	}
	if len(people) > 0 {
		late, places, err := a.joined(people)
		if err != nil {
			return err
		}
		b.kept, b.doubt = append(b.kept, late.kept...), append(b.doubt, late.doubt...)
		b.approvers.add(&late.approvers)
		b.groups = weave(b.groups, late.groups, places)
	}
	return a.add(b)
}

// gather adds a record to the person's earlier ones, and returns the person when it was the last record.
func (a *assembler) gather(one rowDraft) *gathered {
	g, ok := a.merging[one.key]
	if !ok {
		g = &gathered{}
		a.merging[one.key] = g
		a.waiting = append(a.waiting, one.key)
	}
	if g.gather(one, a.p.Several); g.lines < a.s.records(one.key) {
		return nil
	}
	delete(a.merging, one.key)
	return g
}

// joined encodes people whose records have all come. places are the lines of their last records, by person, where a row
// comes from another record.
func (a *assembler) joined(people []*gathered) (b *built, places map[string]int, err error) {
	b = &built{}
	var whole []*rowDraft
	for _, g := range people {
		one, apart := a.join.join(g.records)
		for i := range apart {
			a.enc.refuse(b, &apart[i])
			b.keep(&apart[i])
		}
		if one == nil {
			continue
		}
		whole = append(whole, one)
		if last := g.records[len(g.records)-1].row.Origin; one.row.Origin != last {
			if places == nil {
				places = map[string]int{}
			}
			places[one.key] = last.Line
		}
	}
	return b, places, a.enc.encode(b, whole)
}

func (a *assembler) add(b *built) error {
	a.fill(b.filled)
	a.doubt(b.doubt)
	a.approvers.add(&b.approvers)
	for _, k := range b.kept {
		switch k.row.Outcome {
		case export.Quarantined:
			a.plan.Quarantined += k.row.Lines
		case export.Excluded:
			a.plan.Excluded += k.row.Lines
		case export.Unchanged:
			a.plan.Unchanged += k.row.Lines
			a.plan.Same++
			if k.sure {
				a.plan.SameByLedger++
			}
			if k.row.Kinds.Has(export.ChangeCase) { // shown, though not sent
				a.plan.Changes.ByKind[export.ChangeCase]++
			}
		default:
			a.plan.Kept += k.row.Lines
		}
		if err := a.sink.Row(k.row, k.kept); err != nil {
			return err
		}
	}
	for i := range b.groups {
		if err := a.addGroup(&b.groups[i]); err != nil {
			return err
		}
		a.s.giveBack(b.groups[i])
	}
	return nil
}

// doubt adds what is doubtful in rows that are sent all the same.
func (a *assembler) doubt(found []export.Fault) {
	a.plan.Doubtful += len(found)
	for _, f := range found {
		if f.Rule == export.RuleKnown {
			a.plan.Overridden = append(a.plan.Overridden, f)
		}
	}
	a.plan.Warnings = append(a.plan.Warnings, found[:min(len(found), export.MaxWarnings-len(a.plan.Warnings))]...)
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
		part = &openPart{set: g.set, header: a.p.Sheet.Header(g.set), names: export.CarriedColumns(a.p.Sheet.Names(g.set))}
		a.open[slot] = part
		a.order = append(a.order, slot)
	}
	start := 0
	for i := 0; i < len(g.rows); {
		if len(part.header)+g.ends[i]-start > a.p.MaxSize {
			if err := a.tooLarge(g.rows[i]); err != nil {
				return err
			}
			start, i = g.ends[i], i+1
			continue
		}
		n := part.fitting(g.ends[i:], start, a.p)
		if n == 0 {
			if err := a.close(slot, part); err != nil {
				return err
			}
			continue
		}
		end := g.ends[i+n-1]
		part.add(g.data[start:end], g.rows[i:i+n])
		start, i = end, i+n
	}
	if len(part.rows) >= max(1, a.p.MaxRows) {
		return a.close(slot, part)
	}
	part.keep()
	return nil
}

// fitting returns how many lines still fit into the part; ends are the ends of the lines, the first of which begins at
// start.
func (o *openPart) fitting(ends []int, start int, p *Planner) int {
	size := max(len(o.data), len(o.header)) - start
	n := 0
	for n < len(ends) && len(o.rows)+n < max(1, p.MaxRows) && size+ends[n] <= p.MaxSize {
		n++
	}
	return n
}

func (o *openPart) add(lines []byte, rows []export.RowResult) {
	if len(o.rows) == 0 {
		o.data = append(o.data, o.header...)
	}
	o.data = append(o.data, lines...)
	first := len(o.rows)
	if first == 0 {
		o.rows = rows // a part that this group fills needs no copy of its rows
	} else {
		o.keep()
		o.own = append(o.own, rows...)
		o.rows = o.own
	}
	for i := first; i < len(o.rows); i++ {
		o.rows[i].PartRow = i + 1
	}
}

// keep copies the rows into the part's own memory, since that of the group is reused.
func (o *openPart) keep() {
	if len(o.rows) > 0 && (len(o.own) == 0 || &o.rows[0] != &o.own[0]) {
		o.own = append(o.own[:0], o.rows...)
		o.rows = o.own
	}
}

func (a *assembler) tooLarge(r export.RowResult) error {
	r.Outcome = export.Quarantined
	r.Faults = export.Faults{{Rule: "size", Message: "the row alone is larger than layout.max_bytes"}}
	a.plan.Quarantined += r.Lines
	return a.sink.Row(r, nil)
}

// close passes an open part to the sink and empties it.
func (a *assembler) close(slot [2]int, part *openPart) error {
	if len(part.rows) == 0 {
		return nil
	}
	a.count(slot, part)
	sum := sha256.Sum256(part.data)
	c := closed{wave: slot[0], set: slot[1], seq: part.seq, hash: hex.EncodeToString(sum[:])}
	var err error
	c.id, err = a.sink.Part(export.Part{
		Route: a.p.Sheet.Route(), Wave: slot[0], Rows: len(part.rows), Size: int64(len(part.data)), SHA256: c.hash, State: export.Planned, Planned: a.p.Started,
		Columns: part.names,
	}, part.data, part.rows)
	if err != nil {
		return err
	}
	a.closed = append(a.closed, c)
	part.seq++
	part.data, part.rows, part.own = part.data[:0], nil, part.own[:0]
	return nil
}

func (a *assembler) count(slot [2]int, part *openPart) {
	a.plan.Parts++
	a.plan.Bytes += int64(len(part.data))
	a.plan.Rows += len(part.rows)
	inactive := slot[0] == a.s.waves.last+1
	if inactive && !a.plan.Compared {
		a.plan.Deactivations += len(part.rows)
	}
	names := a.p.Mapping.Columns()
	id := slices.Index(names, export.ColumnID)
	var carried []string
	for i, name := range names {
		if part.set.Has(i) && (i != id || a.p.Answers == nil) {
			carried = append(carried, name)
			a.plan.Columns[name] += len(part.rows)
		}
	}
	said := slices.DeleteFunc(slices.Clone(carried), func(name string) bool { return name == names[a.first(part.set, len(names))] })
	for i := range part.rows {
		r := &part.rows[i]
		a.plan.Records += r.Lines
		if a.plan.Compared {
			a.plan.Changes.Add(r, said)
			a.plan.Tally.Add(r.Key, r.Kinds, r.Counted...)
			if r.Kinds.Has(export.ChangeDeactivation) {
				a.plan.Deactivations++
			}
		}
		if len(r.Completed) == 0 {
			continue
		}
		a.plan.Completed++
		for _, name := range r.Completed {
			a.plan.Columns[name]--
		}
	}
	if a.p.Answers != nil && id >= 0 && !part.set.Has(id) {
		a.plan.Creates += len(part.rows)
	}
}

// first returns the column of a set that names the person to Coupa, out of all columns.
func (a *assembler) first(set export.ColumnSet, columns int) int {
	row := export.Row{Cells: make([]export.Cell, columns)}
	for i := range row.Cells {
		if set.Has(i) {
			row.Cells[i].State = export.Set
		}
	}
	return a.p.Sheet.First(&row)
}

// finish closes the open parts, names all parts, and checks that no record was lost.
func (a *assembler) finish() (*export.Plan, error) {
	var people []*gathered
	for _, key := range a.waiting { // happens only where two people share a hash
		if g, ok := a.merging[key]; ok {
			people = append(people, g)
			delete(a.merging, key)
		}
	}
	rest, _, err := a.joined(people)
	if err != nil {
		return nil, err
	}
	if err := a.add(rest); err != nil {
		return nil, err
	}
	a.doubt(a.approvers.doubts(a.p, a.s))
	filled := map[int]bool{}
	for _, slot := range a.order {
		if err := a.close(slot, a.open[slot]); err != nil {
			return nil, err
		}
		filled[slot[0]] = true
	}
	maps.DeleteFunc(a.plan.Columns, func(_ string, rows int) bool { return rows == 0 }) // the column was completed in every row
	a.plan.Files = a.p.files()
	a.plan.Waves, a.plan.Sets = len(filled), len(a.sets)
	if err := a.p.name(a.sink, a.closed); err != nil {
		return nil, err
	}
	return a.plan, a.plan.Balance()
}

// BatchHash returns one hash, in lower-case hex, of the hashes of all parts of a batch in the order of sending.
func BatchHash(parts []string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, " ")))
	return hex.EncodeToString(sum[:])
}

// closed is a part that was passed to the sink and still needs its name.
type closed struct {
	id        int64
	wave, set int
	seq       int
	hash      string
}

func (p *Planner) name(sink Sink, parts []closed) error {
	slices.SortStableFunc(parts, func(a, b closed) int {
		return cmp.Or(cmp.Compare(a.wave, b.wave), cmp.Compare(a.set, b.set), cmp.Compare(a.seq, b.seq))
	})
	hashes := make([]string, len(parts))
	for i, c := range parts {
		hashes[i] = c.hash
	}
	batch := BatchHash(hashes)
	for i, c := range parts {
		if err := sink.Name(c.id, export.PartName(p.Started, batch, i+1, len(parts), p.Sheet.Route())); err != nil {
			return err
		}
	}
	return nil
}
