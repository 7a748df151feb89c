package planning

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// encoder checks rows and encodes those that break no rule. One goroutine uses it; between chunks it holds only free
// memory.
type encoder struct {
	p         *Planner
	s         *survey
	names     []string
	login     int
	status    int
	rules     export.RowChecker
	completer *completer
	comparer  *comparer                                // nil where rows are not compared
	fill      *fillCheck                               // nil where nothing is known of people
	approver  int                                      // the column of approvers; -1 where it is of no interest
	files     []string                                 // names of the feed's files
	file      int                                      // index of the file of the row before
	at        int                                      // index of the group of the row before
	lines     map[export.ColumnSet][]export.RowEncoder // encoders that are free
	texts     textArena
}

func (p *Planner) encoder(s *survey) *encoder {
	names := p.Mapping.Columns()
	e := &encoder{
		p: p, s: s, names: names, rules: p.Sheet.Checker(), lines: map[export.ColumnSet][]export.RowEncoder{},
		login: slices.Index(names, "Login"), status: slices.Index(names, "Status"), completer: p.completer(names), comparer: p.comparer(names),
	}
	e.fill, e.approver, e.files = p.fillCheck(e.comparer), s.approver(p), p.Feed.Names()
	return e
}

// encode adds people to b and finishes it.
func (e *encoder) encode(b *built, people []*rowDraft) error {
	for _, one := range people {
		if err := e.add(b, one); err != nil {
			return err
		}
	}
	return e.finish(b)
}

// add checks a person and appends the line to a group of b, or holds the row back. Once b is finished, nothing in it
// aliases a chunk. one and its cells may be reused at once, their texts only after b is finished.
func (e *encoder) add(b *built, one *rowDraft) error {
	if e.moot(b, one) {
		return nil
	}
	e.fill.look(b, one)
	broken := e.check(one)
	e.completer.blame(one, broken)
	if len(one.faults) == 0 {
		one.faults = broken // nearly always there are no others, so this needs no copy
	} else {
		one.faults = append(one.faults, broken...)
	}
	if len(one.faults) > 0 {
		one.key, one.faults = strings.Clone(one.key), slices.Clone(one.faults)
		one.faults.Stake(e.names, func(i int) string { return e.text(one, i) })
		e.overridden(one)
		e.refuse(b, one)
		b.keep(one)
		return nil
	}
	b.doubt = append(b.doubt, e.p.Sheet.Warnings(&one.row)...)
	var cmp comparison
	if one.sure {
		cmp.equal = true
	} else if e.comparer != nil && e.p.Notes == nil {
		var f *export.Fault
		if cmp, f = e.comparer.judge(one, e.status); f != nil {
			e.quarantine(b, one, f)
			return nil
		}
	}
	outcome, why := e.keeps(one, cmp.equal)
	if len(e.s.awaited) > 0 { // few plans have an approver who does not come
		if f := e.awaits(one, outcome); f != nil {
			e.quarantine(b, one, f)
			return nil
		}
	}
	if one.several != nil {
		b.doubt = append(b.doubt, one.several.warnings...)
	}
	e.fill.sound(b, one)
	e.superior(b, one, cmp.kinds, outcome)
	if e.p.Leaves != nil {
		e.early(b, one, &cmp, outcome)
	}
	e.overrides(b, one, outcome)
	if outcome != "" {
		r := export.RowResult{
			Origin: one.row.Origin, Lines: one.lines, Key: strings.Clone(one.key), Outcome: outcome, Faults: why, Counted: one.counted, Kinds: cmp.kinds, Change: cmp.change,
		}
		kept := export.Replace(one.kept)
		if outcome == export.Unchanged { // Coupa holds it, so that no later plan needs its records
			r.First, r.Login, r.Status = r.Key, strings.Clone(e.text(one, e.login)), strings.Clone(e.text(one, e.status))
			r.Seen, kept = e.comparer.seen(one), nil
		}
		b.kept = append(b.kept, keptRow{r, kept, one.sure})
		return nil
	}
	if e.p.Sheet.Route() == export.ByAPI {
		e.partial(one)
	}
	g := e.group(b, e.wave(one), e.p.Sheet.Carried(&one.row))
	g.rows = append(g.rows, export.RowResult{})
	r := &g.rows[len(g.rows)-1]
	e.result(one, r)
	if e.comparer != nil {
		r.Kinds, r.Change, r.Counted = cmp.kinds, cmp.change, one.counted
	}
	if g.lines.Add(&one.row) {
		return g.flush()
	}
	return nil
}

// moot leaves a record out of which nothing is to be sent by Coupa's answers. It returns false for nearly everybody.
func (e *encoder) moot(b *built, one *rowDraft) bool {
	if e.p.Answers == nil {
		return false
	}
	why, moot := e.p.Answers.Moot(one.key)
	if moot {
		b.kept = append(b.kept, keptRow{export.RowResult{
			Origin: one.row.Origin, Lines: one.lines, Key: strings.Clone(one.key), Outcome: export.Excluded, Faults: export.Faults{why},
		}, nil, false})
	}
	return moot
}

// quarantine holds a row back for one fault that shows only once it was compared.
func (e *encoder) quarantine(b *built, one *rowDraft, f *export.Fault) {
	one.key, one.faults = strings.Clone(one.key), export.Faults{*f}
	e.refuse(b, one)
	b.keep(one)
}

// finish encodes the rows that wait in the groups of b.
func (e *encoder) finish(b *built) error {
	for i := range b.groups {
		g := &b.groups[i]
		if err := g.flush(); err != nil {
			return err
		}
		if len(g.ends) != len(g.rows) {
			return export.Ours(fmt.Errorf("encode rows: %d rows in, %d lines out", len(g.rows), len(g.ends)))
		}
		e.lines[g.set] = append(e.lines[g.set], g.lines)
		g.lines = nil
	}
	return nil
}

func (g *group) flush() (err error) {
	if g.data, g.ends, err = g.lines.Flush(g.data, g.ends); err != nil {
		return fmt.Errorf("encode rows: %w", err)
	}
	return nil
}

// wave returns the wave of a row. Deactivations are in the last one.
func (e *encoder) wave(one *rowDraft) int {
	switch {
	case e.status >= 0 && one.row.Cells[e.status].Text == export.StatusInactive:
		return e.s.waves.last + 1
	case len(e.s.waves.of) == 0:
		return 1
	}
	return e.s.waves.wave(hash(e.s.seed, one.key))
}

// group returns b's group of a wave and set, and makes it where needed. It is usually the group of the row before.
func (e *encoder) group(b *built, wave int, set export.ColumnSet) *group {
	same := func(g group) bool { return g.wave == wave && g.set == set }
	if e.at < len(b.groups) && same(b.groups[e.at]) {
		return &b.groups[e.at]
	}
	if e.at = slices.IndexFunc(b.groups, same); e.at < 0 {
		e.at = len(b.groups)
		g := e.s.room(wave, set)
		if idle := e.lines[set]; len(idle) > 0 {
			g.lines, e.lines[set] = idle[len(idle)-1], idle[:len(idle)-1]
		} else {
			g.lines = e.p.Sheet.Encoder(set)
		}
		b.groups = append(b.groups, g)
	}
	return &b.groups[e.at]
}

// check completes a row and returns every rule that it breaks. A column with a failed expression is not also reported
// as missing. A fault found in Coupa replaces the fault that the row could not be completed, since it says more.
func (e *encoder) check(one *rowDraft) []export.Fault {
	e.completer.complete(one)
	rules := e.rules.Check(&one.row)
	if len(one.faults) > 0 {
		rules = slices.DeleteFunc(rules, func(f export.Fault) bool {
			return slices.ContainsFunc(one.faults, func(m export.Fault) bool { return m.Field == f.Field })
		})
	}
	shared, paired := e.s.conflicts(&one.row, one.key, e.names)
	if paired = paired && e.p.asks(); paired {
		one.row.Ended = e.p.left(one.leaves)
	} else {
		rules = append(rules, shared...)
	}
	if e.p.Protects != nil {
		if p := e.protected(one); p != nil {
			rules = append(rules, export.Fault{Origin: one.row.Origin, Rule: "protected", Message: p.Why, Owner: p.Owner})
		}
	}
	if e.p.Beside != nil {
		rules = append(rules, e.beside(one)...)
	}
	if len(one.faults) > 0 || !onlyLacks(rules) {
		if e.p.Answers != nil { // the person was not looked up: Coupa may have what the row lacks
			rules = slices.DeleteFunc(rules, func(f export.Fault) bool { return f.Rule == ruleRequired })
		}
		return rules
	}
	if one.sure = !paired && !one.reads && e.comparer.sure(one); one.sure {
		return nil
	}
	if one.reads && e.p.Notes == nil && (e.p.Answers == nil || !e.p.Answers.Asked(one.key)) {
		return append(rules, export.Fault{Origin: one.row.Origin, Rule: "unasked", Message: sayUnasked})
	}
	if e.p.Notes != nil {
		if e.p.Departs != nil && one.leaves != "" {
			e.p.Departs(one.row.Origin, one.leaves)
		}
		e.p.Notes(one.key, &one.row)
	}
	if e.p.Answers == nil {
		return rules
	}
	if held := e.p.Answers.Faults(one.key, &one.row); held != nil {
		return held
	}
	if paired && !e.p.Answers.Sorted(one.key) {
		return append(rules, shared...)
	}
	e.completer.explainMissing(one, rules)
	return append(rules, e.s.circular(&one.row, one.key)...)
}

// sayUnasked is the reason of a row that waits for what Coupa holds, where Coupa was not asked in the end.
const sayUnasked = "the mapping needs what Coupa holds, and Coupa was not asked about this person"

// partial turns a row into the form of the API route: only HR's values, together with what Coupa held when it was
// asked.
func (e *encoder) partial(one *rowDraft) {
	for i := range one.row.Cells {
		if one.completed.Has(i) {
			one.row.Cells[i] = export.Cell{}
		}
	}
	one.completed = export.ColumnSet{}
	if e.p.Answers == nil {
		return
	}
	if u, ok := e.p.Answers.Found(one.key); ok {
		one.row.User = &u
	}
}

// protected returns the rule that protects a person from changes, or nil. It checks the row's login, the login that was
// last sent, and the one that Coupa holds, which may be another by now.
func (e *encoder) protected(one *rowDraft) *export.Protection {
	sent, _ := e.p.known(one.key)
	by := e.p.Protects(one.key, e.text(one, e.login), sent.Login)
	if by == nil && e.p.Answers != nil {
		held, _ := e.p.before(one.key)
		by = e.p.Protects(one.key, "", held.Login)
	}
	return by
}

func (e *encoder) text(one *rowDraft, col int) string {
	if col < 0 {
		return ""
	}
	return one.row.Cells[col].Text
}

// behind returns the part that a person waits for.
func (e *encoder) behind(one *rowDraft) (part string, ok bool) {
	if e.p.Waiting.Empty() {
		return "", false
	}
	return e.p.Waiting.Behind(one.key, e.text(one, e.p.Sheet.First(&one.row)), e.text(one, e.login))
}

// mayKeep reports whether a record may have to be kept. Only all records of a person together, completed, decide it.
func (e *encoder) mayKeep(one *rowDraft, several bool) bool {
	if e.p.Hold || (several || e.p.Answers != nil) && !e.p.Waiting.Empty() {
		return true
	}
	_, waits := e.behind(one)
	return waits
}

// heldByLimit is the reason of a row of a held run. All rows share it, since they may be a whole feed.
var heldByLimit = notYet("limit", "the run is held by a limit", "")

// notYet returns the reason why a sound row is not sent now.
func notYet(rule, why, hint string) export.Faults {
	return export.Faults{{Rule: rule, Message: why, Hint: hint}}
}

// keeps returns the outcome of a sound row that is not sent now, and why; "" for a row that is sent. A row that is equal
// to what Coupa holds waits all the same: the earlier row may still change that. Where a column has come blank, it is kept
// too: the share of blanks is one of the whole feed, also in the next plan.
func (e *encoder) keeps(one *rowDraft, equal bool) (outcome export.Outcome, why export.Faults) {
	part, waits := e.behind(one)
	switch {
	case equal && !waits && e.p.Emptied == nil && !e.p.HoldEqual:
		return export.Unchanged, nil
	case e.p.Hold:
		return export.Held, heldByLimit
	case waits:
		return export.Pending, notYet("waits", "waits for part "+part+", which has an earlier row of this person and no verdict", "the next run plans it again")
	}
	return "", nil
}

// result fills r, which is empty, in place, since a result is large and made for every row.
func (e *encoder) result(one *rowDraft, r *export.RowResult) {
	r.Origin, r.Lines, r.Outcome = one.row.Origin, one.lines, export.Pending
	r.Key = e.texts.keep(one.key)
	r.First = r.Key
	if first := e.text(one, e.p.Sheet.First(&one.row)); first != r.Key {
		r.First = e.texts.keep(first)
	}
	r.Completed = e.completer.columns(one.completed, e.names)
	if e.login >= 0 {
		r.Login = e.texts.keep(one.row.Cells[e.login].Text)
	}
	if e.status >= 0 {
		switch text := one.row.Cells[e.status].Text; text {
		case export.StatusActive:
			r.Status = export.StatusActive
		case export.StatusInactive:
			r.Status = export.StatusInactive
		default:
			r.Status = e.texts.keep(text)
		}
	}
}

func (b *built) keep(one *rowDraft) {
	b.kept = append(b.kept, keptRow{export.RowResult{
		Origin: one.row.Origin, Lines: one.lines, Key: one.key, Outcome: export.Quarantined, Faults: one.faults.About(one.row.Origin), Counted: one.counted,
	}, nil, false})
}
