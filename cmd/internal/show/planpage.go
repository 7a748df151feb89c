package show

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/differences"
	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

// WritePlanPage writes a plan as one page that needs nothing else, for its owner alone (0600), since it holds personal data.
func WritePlanPage(env *wiring.Env, path string, r *job.Planned) error {
	_, done := env.Wait(context.Background(), "writing the page")
	defer done()
	return replacePage(path, func(p *pageWriter) {
		(&planPage{p, env, r}).write(env.Now())
	})
}

// planPage writes the page of a plan.
type planPage struct {
	*pageWriter
	env *wiring.Env
	r   *job.Planned
}

// pageCount is a line of a table of counts.
type pageCount struct {
	Name string
	N    int
}

type pageSection struct{ ID, Title string }

// pageCell is a cell of a person. Value and Change say which of the old and the new value are shown.
type pageCell struct {
	Column, Old, New, Note string
	Unkept                 string // in place of Old
	Value, Change          bool
	Gained, Lost           []string
}

func (p *planPage) write(now time.Time) {
	p.top(planPageKind, "Plan: "+planSentence(p.r))
	p.head(now)
	p.people()
	p.rows("quarantined", "Quarantined, not sent: fix these first", withOutcome(export.Quarantined))
	p.rows("waiting", waitingForVerdict, pendingAnd(func(r export.RowResult) bool { return !forDay(r) }))
	p.rows("dated", waitingForDay, pendingAnd(forDay))
	sums := fmt.Sprintf("%d in = %d to send + %d quarantined + %d unchanged + %d excluded + %d waiting; %s in %s, %s; key %s", p.r.Input, p.r.ToSend, p.r.Quarantined, p.r.Unchanged, p.r.Excluded, p.r.Waiting,
		export.Plural(p.r.RowCount, "row"), export.Plural(len(p.r.Parts), "part"), export.Plural(p.r.Waves, "wave"), p.r.Key)
	p.piece("tail", map[string]any{"Sums": sums, "Facts": plain(sendingFacts(p.r)), "Parts": p.r.Parts})
	p.piece("bottom", nil)
}

func (p *planPage) head(now time.Time) {
	r := p.r
	var kinds, columns []pageCount
	for _, k := range kindWords {
		if n := r.Changes[k.kind.String()]; n > 0 {
			kinds = append(kinds, pageCount{k.word, n})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Changed)) {
		columns = append(columns, pageCount{name, r.Changed[name]})
	}
	type limit struct{ What, Hint string }
	var limits []limit
	for _, b := range r.Limits {
		limits = append(limits, limit{export.Plain(b.String()), b.Hint()})
	}
	var after []string
	if r.Verdict == export.EndRefused {
		after = prospect.AfterRefusal(r.Beside)
	}
	p.piece("head", map[string]any{
		"Sentence": planSentence(r), "Verdict": strings.ToUpper(string(r.Verdict)), "Limits": limits, "Uses": pageUses(r.Uses), "After": plain(after), "Doubts": plain(doubtLines(r)),
		"Made": now.UTC().Format(time.RFC3339), "Facts": plain(planFacts(r)), "Kinds": kinds, "Columns": columns,
		"Would": would(r), "Sections": p.sections(), "Selection": r.Selection(),
	})
}

// pageUse is a limit that counts people.
type pageUse struct {
	Name                       string
	Allows, Before, Has, Needs int // Before by earlier starts of the day
	Approved                   int // people of the plan whom an approval covers
	Holds                      bool
}

// pageUses returns the limits that count people, those that hold the plan first. What a person has to be asked about allows
// no one, and is a limit only where a person is to be asked.
func pageUses(uses []export.LimitUse) (out []pageUse) {
	for _, holds := range []bool{true, false} {
		for _, u := range uses {
			if asked := u.Limit == export.RolesAskedLimit || u.Limit == export.ApprovalLimitsLimit; u.Holds != holds || u.Limit == export.ShrinkLimit || asked && !holds {
				continue
			}
			out = append(out, pageUse{export.Plain(u.Limit), u.Allows, u.Used, u.Has, u.Needs(), u.Covered, holds})
		}
	}
	return out
}

// sections returns the links to the sections with people; none where the page has a selection of them.
func (p *planPage) sections() (out []pageSection) {
	if p.r.Only != "" {
		return nil
	}
	for _, kind := range differences.Order() {
		if p.r.Chief[kind.String()] > 0 {
			out = append(out, pageSection{kind.String(), chiefTitle(kind, p.r)})
		}
	}
	if len(pageUses(p.r.Uses)) > 0 {
		out = append(out, pageSection{"limits", "Limits"})
	}
	if n := p.r.Quarantined; n > 0 {
		out = append(out, pageSection{"quarantined", fmt.Sprintf("Quarantined (%d)", n)})
	}
	return append(out, pageSection{"records", "Records and parts"})
}

func (p *planPage) people() {
	first := true
	var chief export.ChangeKind
	for one := range p.r.Each(math.MaxInt) {
		if c := chiefOf(&one); first || c != chief {
			first, chief = false, c
			p.piece("section", pageSection{c.String(), chiefTitle(c, p.r)})
		}
		p.piece("person", map[string]any{"Origin": export.Plain(one.Origin.String()), "Key": export.Plain(one.Key), "Name": export.Plain(one.Name()), "Cells": pageCells(&one)})
	}
}

// pageCells returns the cells of a person that differ, or all that are sent where no old value is known.
func pageCells(one *differences.Person) (cells []pageCell) {
	if one.Change == nil {
		for _, name := range slices.Sorted(maps.Keys(one.Columns)) {
			c := pageCell{Column: export.Plain(name), New: export.Plain(one.Columns[name]), Value: true}
			if slices.Contains(one.Completed, name) {
				c.Note = "completed"
			}
			cells = append(cells, c)
		}
		return cells
	}
	for _, d := range one.Change.Cells {
		c := pageCell{Column: export.Plain(d.Column), New: export.Plain(d.New)}
		if old, stands := oldText(one.Change.Against, d); stands {
			c.Unkept = old
		} else {
			c.Old = export.Plain(old)
		}
		switch {
		case d.Kind == export.ChangeCreate:
			c.Value = true
		case !d.Known:
			c.Value, c.Note = true, "unchecked"
		case d.Gained != nil || d.Lost != nil:
			c.Gained, c.Lost = plain(d.Gained), plain(d.Lost)
		default:
			c.Value, c.Change = true, true
		}
		if d.Kind == export.ChangeCase {
			c.Note = "case alone"
		}
		cells = append(cells, c)
	}
	return cells
}

// rows writes the rows with an outcome, all of them; nothing where there is none.
func (p *planPage) rows(id, title string, in func(export.RowResult) bool) {
	found := false
	for r := range p.r.Store.All() {
		if !in(r) {
			continue
		}
		if !found {
			found = true
			p.piece("rowshead", pageSection{id, title})
		}
		p.piece("row", map[string]string{
			"Origin": export.Plain(r.Origin.String()), "Key": words.Dash(export.Plain(r.Key)), "Why": words.Dash(export.Plain(r.Faults.Text())),
			"ToDo": export.Plain(p.env.Causes().ToDo(r)),
		})
	}
	if found {
		p.piece("rowsend", nil)
	}
}
