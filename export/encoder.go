package export

import (
	"fmt"
	"slices"
	"strings"
)

// encoder checks rows and encodes those that break no rule. One goroutine uses it; between calls it keeps only room.
type encoder struct {
	p          *Planner
	s          *survey
	lines      RowEncoder
	names      []string
	key, login int
	status     int
	members    [][]*Row // rows of the groups at work
	texts      texts
}

func (p *Planner) encoder(s *survey) *encoder {
	names := p.Mapping.Columns()
	return &encoder{
		p: p, s: s, lines: p.Sheet.Encoder(), names: names,
		key: p.Sheet.Key(), login: slices.Index(names, "Login"), status: slices.Index(names, "Status"),
	}
}

// encode checks people and appends their lines to the groups of b, or keeps them back. What b gets aliases no chunk.
func (e *encoder) encode(b *built, people []person) error {
	for i := range e.members {
		e.members[i] = e.members[i][:0]
	}
	at := 0
	for i := range people {
		one := &people[i]
		one.faults = append(one.faults, e.check(one)...)
		if len(one.faults) > 0 {
			one.key = strings.Clone(one.key)
			b.keep(one)
			continue
		}
		b.doubt = append(b.doubt, e.p.Sheet.Warnings(&one.row)...)
		at = e.group(b, at, e.wave(one), e.p.Sheet.Carried(&one.row))
		e.members[at] = append(e.members[at], &one.row)
		b.groups[at].rows = append(b.groups[at].rows, e.result(one))
	}
	for i := range b.groups {
		g := &b.groups[i]
		var err error
		if g.data, g.ends, err = e.lines.Encode(g.set, e.members[i], g.data, g.ends); err != nil {
			return fmt.Errorf("encode rows: %w", err)
		}
		if len(g.ends) != len(g.rows) {
			return fmt.Errorf("encode rows: %d rows in, %d lines out; please report this", len(g.rows), len(g.ends))
		}
	}
	return nil
}

// wave tells which wave a row goes in. Deactivations are the last one.
func (e *encoder) wave(one *person) int {
	switch {
	case e.status >= 0 && one.row.Cells[e.status].Text == "inactive":
		return e.s.waves.last + 1
	case len(e.s.waves.of) == 0:
		return 1
	}
	return e.s.waves.wave(hash(e.s.seed, one.key))
}

// group finds b's group of a wave and set, or makes it; at is where the row before went, mostly the same.
func (e *encoder) group(b *built, at, wave int, set ColumnSet) int {
	same := func(g group) bool { return g.wave == wave && g.set == set }
	if at < len(b.groups) && same(b.groups[at]) {
		return at
	}
	if i := slices.IndexFunc(b.groups, same); i >= 0 {
		return i
	}
	b.groups = append(b.groups, e.s.room(wave, set))
	if len(e.members) < len(b.groups) {
		e.members = append(e.members, nil)
	}
	return len(b.groups) - 1
}

// check tells every broken rule of a row. A column whose expression failed is not told to be missing too.
func (e *encoder) check(one *person) []Fault {
	rules := e.p.Sheet.Check(&one.row)
	if len(one.faults) > 0 {
		rules = slices.DeleteFunc(rules, func(f Fault) bool {
			return slices.ContainsFunc(one.faults, func(m Fault) bool { return m.Field == f.Field })
		})
	}
	return append(rules, e.s.conflicts(&one.row, one.key, e.names)...)
}

func (e *encoder) result(one *person) RowResult {
	r := RowResult{Origin: one.row.Origin, Lines: one.lines, Key: e.texts.keep(one.key), Outcome: Pending}
	if r.First = r.Key; one.row.Cells[e.key].Text != r.Key {
		r.First = e.texts.keep(one.row.Cells[e.key].Text)
	}
	if e.login >= 0 {
		r.Login = e.texts.keep(one.row.Cells[e.login].Text)
	}
	return r
}

func (b *built) keep(one *person) {
	b.kept = append(b.kept, keptRow{RowResult{
		Origin: one.row.Origin, Lines: one.lines, Key: one.key, Outcome: Quarantined, Reason: reason(one.row.Origin, one.faults),
	}, one.faults})
}

// textBlock is how many bytes of texts lie together.
const textBlock = 16 << 10

// texts clones strings that outlive a chunk, many to an allocation.
type texts struct{ block strings.Builder }

func (t *texts) keep(s string) string {
	if t.block.Cap()-t.block.Len() < len(s) {
		t.block = strings.Builder{} // the old block lives as long as its texts
		t.block.Grow(max(textBlock, len(s)))
	}
	from := t.block.Len()
	t.block.WriteString(s)
	return t.block.String()[from:]
}

// spareGroups is how many groups that were copied into parts are kept to be filled again.
const spareGroups = 8

// room gives an empty group, with the room of one that has been used up if there is one.
func (s *survey) room(wave int, set ColumnSet) group {
	select {
	case g := <-s.spare:
		return group{wave, set, g.data[:0], g.ends[:0], g.rows[:0]}
	default:
		return group{wave: wave, set: set}
	}
}

// giveBack takes a group that nobody reads any more.
func (s *survey) giveBack(g group) {
	select {
	case s.spare <- g:
	default:
	}
}
