package ledgertest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// picture returns everything that a ledger reports, as text. Numbers that a backend assigns (ids, Water) are left out,
// since a call that is begun twice may use them up.
func picture(w *world, l ledger.Ledger) string {
	w.Helper()
	d := &drawing{world: w, l: l}
	for _, run := range Must[[]export.RunRecord](w)(l.Runs(1000)) {
		d.run(run)
	}
	d.kept()
	d.next()
	d.people()
	d.outbox()
	return d.String()
}

type drawing struct {
	*world
	strings.Builder
	l ledger.Ledger
}

func (d *drawing) line(format string, args ...any) { fmt.Fprintf(d, format+"\n", args...) }

func (d *drawing) run(r export.RunRecord) {
	d.Helper()
	d.line("run %+v", r)
	d.line(" counts %v, keeps %v, sent since %v", Must[map[export.Outcome]int](d)(d.l.Counts(r.ID)),
		Must[bool](d)(d.l.Keeps(r.ID)), Must[map[string]bool](d)(d.l.SentSince(r.ID)))
	OK(d, d.l.Rows(r.ID, func(row export.RowResult) error { d.line(" %s", rowText(row)); return nil }))
	d.line(" planners %v", Must[[]export.Operator](d)(d.l.Planners(r.ID)))
	d.line(" approvals %+v, used %+v", Must[[]export.Approval](d)(d.l.ApprovalsOf(r.ID)), Must[[]export.Approval](d)(d.l.UsedBy(r.ID)))
	for _, p := range Must[[]export.Part](d)(d.l.Parts(r.ID)) {
		d.part(p)
	}
	for _, f := range r.Files {
		d.file(f)
	}
}

func (d *drawing) part(p export.Part) {
	d.Helper()
	id := p.ID
	if !p.State.Final() { // the bytes of final parts may be removed
		d.line(" bytes %q", Must[[]byte](d)(d.l.Bytes(p)))
	}
	p.ID = 0
	d.line(" part %+v, moves %v", p, Must[[]ledger.Move](d)(d.l.Moves(id)))
	OK(d, d.l.PartRows(id, func(row export.RowResult) error { d.line("  %s", rowText(row)); return nil }))
	writes := Must[map[int]export.Write](d)(d.l.Writes(id))
	for row := range p.Rows + 1 {
		if w, ok := writes[row]; ok {
			w.Part = 0
			d.line("  write %+v", w)
		}
	}
}

func rowText(r export.RowResult) string {
	inPart := r.Part != 0
	r.Part = 0
	return fmt.Sprintf("row %+v, in a part: %v", r, inPart)
}

func (d *drawing) file(f export.FeedFile) {
	d.Helper()
	for _, look := range []struct {
		by string
		of func(string) (export.SeenFile, bool, error)
	}{{f.Name, d.l.Seen}, {f.Path, d.l.SeenAt}, {f.SHA256, d.l.SeenBytes}} {
		seen, ok, err := look.of(look.by)
		OK(d, err)
		d.line(" seen %+v, %v", seen, ok)
	}
	if f.Name != "" {
		d.line(" overtaken %v", Must[map[string]bool](d)(d.l.OvertakenSince(f.Name, f.SHA256)))
	}
}

func (d *drawing) kept() {
	d.Helper()
	k, ok, err := d.l.Kept()
	OK(d, err)
	if !ok {
		return
	}
	d.line("kept of run %s: held %v, %d records, feed of %d, sources %v", k.Run, k.Held, k.Records, k.Feed, k.Sources)
	for _, r := range readAll(d, k.From(0)) {
		d.line(" kept %+v", r)
	}
}

func (d *drawing) next() {
	d.Helper()
	d.line("known %v", KnownTo(d, d.l))
	d.line("waiting %+v", *Must[*baseline.Waiting](d)(d.l.Waiting()))
	d.line("last feed %d, line ends %+v", Must[int](d)(d.l.LastFeed()), Must[[]export.FeedFile](d)(d.l.LineEnds()))
	d.line("planned files %+v, late files %+v", Must[[]export.FeedFile](d)(d.l.PlannedFiles()), Must[[]export.LateFile](d)(d.l.LateFiles()))
	for _, r := range Must[[]export.DatedRecord](d)(d.l.Dated()) {
		r.ID = 0
		d.line("dated %+v", r)
	}
	d.roll()
	for _, run := range Must[[]export.RunRecord](d)(d.l.Runs(100)) {
		if cells := Must[[]export.Fault](d)(d.l.Overridden(run.ID)); cells != nil {
			d.line("overridden %+v", cells)
		}
	}
	d.line("approvals %+v", Must[[]export.Approval](d)(d.l.Approvals(d.now)))
	water := Must[export.Water](d)(d.l.Water(time.Time{}))
	d.line("planned %v, sent %v", water.Planned, water.Sent)
}

func (d *drawing) roll() {
	d.Helper()
	r := Must[*ledger.Roll](d)(d.l.Roll())
	for _, s := range []*ledger.Snapshot{r.Last, r.Counted} {
		if s != nil {
			d.line("snapshot %+v", *s)
		}
	}
	members := map[string]string{}
	r.Members.All(func(key string, since int) {
		at, missed, err := d.l.MissingSince(key)
		OK(d, err)
		members[key] = fmt.Sprintf("%d %s %d %d", since, at.Format(time.RFC3339), missed, r.Missed(since))
	})
	d.line("members %v, missing since %v", members, r.Since)
}

func (d *drawing) people() {
	d.Helper()
	var logins []string
	OK(d, d.l.Logins(func(login string) { logins = append(logins, login) }))
	slices.Sort(logins)
	d.line("%d people, logins %q", Must[int](d)(d.l.People()), slices.Compact(logins))
	d.line("key %q", Must[string](d)(d.l.KeyMark()))
	known := Must[*baseline.Store](d)(d.l.Baselines())
	for line := range 20 {
		key := fmt.Sprintf("E%04d", line)
		b, _ := known.Of(key)
		for _, column := range slices.Sorted(slices.Values(b.Columns())) {
			h, _ := b.Of(column)
			d.line("confirmed of %s: %s %x", key, column, h)
		}
	}
	d.line("seen %+v", Must[map[string]ledger.Sighting](d)(d.l.Sightings([]string{"E0007"})))
	for _, u := range Must[[]export.Unfilled](d)(d.l.Unfilled()) {
		u.PartID, u.Row.Part = 0, 0
		d.line("unfilled %+v", u)
	}
}

func (d *drawing) outbox() {
	d.Helper()
	d.line("incidents %+v", Must[[]export.Incident](d)(d.l.Incidents()))
	for _, n := range Must[[]export.Notice](d)(d.l.Due()) {
		n.ID = 0
		d.line("due %+v", n)
	}
}
