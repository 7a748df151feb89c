package ledgertest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

func runRecords(t *world) {
	l := t.open()
	if _, found, err := l.Run(""); found || err != nil {
		t.Errorf("an empty ledger has a run: %v, %v", found, err)
	}
	paris := time.FixedZone("CET", 3600)
	var ids []string
	for _, r := range []export.RunRecord{
		{Command: "run", Started: Noon.In(paris)}, {Command: "run", Started: Noon}, {Command: "drop", Started: Noon.Add(time.Second / 2)},
		{Command: "run"}, {ID: "mine", Command: "run", Started: Noon},
	} {
		run := Must[export.RunRecord](t)(l.BeginRun(r))
		if run.State != export.RunWorking || run.ID != "mine" && run.ID != export.RunID(run.Started) || run.Started.Before(r.Started) {
			t.Errorf("begun as %+v", run)
		}
		ids = append(ids, run.ID)
	}
	want := []string{"20261123T140501Z", "20261123T140502Z", "20261123T140503Z", "20261123T140504Z", "mine"}
	if d := cmp.Diff(want, ids); d != "" {
		t.Errorf("ids (-want +got):\n%s", d)
	}
	for _, taken := range []string{"mine", ids[0]} {
		_, err := l.BeginRun(export.RunRecord{ID: taken, Started: Noon})
		WantErr(t, err, "there is a run "+taken+" already")
	}
	end := export.RunRecord{ID: ids[2], State: export.RunOpen, Ended: Noon.Add(time.Hour), Exit: 5, Verdict: export.RunVerdict{End: export.EndStalled}, Input: 77}
	OK(t, l.EndRun(end))
	end.State, end.Exit, end.Verdict = export.RunEnded, 0, export.RunVerdict{End: export.EndOK}
	OK(t, l.EndRun(end))
	got, found, err := l.Run(ids[2])
	OK(t, err)
	end.Command, end.Started, end.Input = "drop", Noon.Add(2*time.Second+time.Second/2), 0 // the plan writes the input
	if d := cmp.Diff(end, got); d != "" || !found {
		t.Errorf("run (-want +got):\n%s", d)
	}
	if latest, _, _ := l.Run(""); latest.ID != "mine" {
		t.Errorf("latest run %q", latest.ID)
	}
	if _, found, err := l.Run("none"); found || err != nil {
		t.Errorf("run none: %v, %v", found, err)
	}
	last := Must[[]export.RunRecord](t)(l.Runs(2))
	if len(last) != 2 || last[0].ID != "mine" || last[1].ID != want[3] {
		t.Errorf("runs %v", last)
	}
	if runs := Must[[]export.RunRecord](t)(l.Runs(-1)); len(runs) != 0 {
		t.Errorf("%d runs for a limit of -1", len(runs))
	}
	WantErr(t, l.EndRun(export.RunRecord{ID: "none"}), `no run "none"`)
}

func unknownRunAndPart(t *world) {
	l := t.open()
	nop := func(export.RowResult) error { return nil }
	for name, err := range map[string]error{
		"Parts":    func() error { _, err := l.Parts("none"); return err }(),
		"Counts":   func() error { _, err := l.Counts("none"); return err }(),
		"Rows":     l.Rows("none", nop),
		"PartRows": l.PartRows(7, nop),
		"Move":     l.Move(export.Part{ID: 7, State: export.Staged}),
		"Settle":   l.Settle(export.Part{ID: 7}, export.Applied, nil),
	} {
		t.each(name, func(t *world) { WantErr(t, err, "ledger: ", "no ") })
	}
}

// timesStillToCome: times that were recorded while the clock was ahead are reported. An approval given then does not
// count, since it would count for longer than was allowed. A run that a later run proves to be old is pruned.
func timesStillToCome(t *world) {
	a := t.locked()
	if got := Must[ledger.Ahead](t)(a.Ahead(t.now)); !got.Latest.IsZero() || got.Approvals != nil {
		t.Errorf("an empty ledger: %+v", got)
	}
	t.now = Noon.Add(3650*Day - time.Second)
	old := feedNight(t, a, "old.csv")
	endNight(t, a, old)
	t.now = t.now.Add(time.Second)
	held := heldNight(t, a, "held.csv")
	OK(t, a.Approve(export.Approval{Run: held, By: "A", At: t.now, Expires: t.now.Add(Day), Ceilings: map[string]int{export.CreatesLimit: 1}}))

	t.now = Noon
	got := Must[ledger.Ahead](t)(a.Ahead(t.now))
	if !got.Latest.Equal(Noon.Add(3650*Day)) || len(got.Approvals) != 1 || got.Approvals[0].Run != held {
		t.Errorf("%+v, want the approval of %s and the time of the night", got, held)
	}
	if list := Must[[]export.Approval](t)(a.Approvals(t.now)); len(list) != 0 {
		t.Errorf("an approval that is still to come counts: %v", list)
	}
	if list := Must[[]export.Approval](t)(a.Approvals(Noon.Add(3650*Day + time.Hour))); len(list) != 1 {
		t.Errorf("%d approvals count once their time has come, want 1", len(list))
	}
	if got := Must[ledger.Ahead](t)(a.Ahead(Noon.Add(3650*Day - time.Second))); !got.Latest.IsZero() {
		t.Errorf("a second ahead is told: %+v", got)
	}

	r := ledger.Retention{Parts: 30 * Day, Values: 60 * Day, History: 90 * Day}
	young := feedNight(t, a, "young.csv")
	endNight(t, a, young)
	t.now = Noon.Add(29 * Day)
	if got := Must[ledger.Pruned](t)(a.Prune(r, false)); got != (ledger.Pruned{}) {
		t.Errorf("after 29 days: %+v", got)
	}
	t.now = Noon.Add(91 * Day)
	feedNight(t, a, "now.csv")
	if got := Must[ledger.Pruned](t)(a.Prune(r, false)); got.Runs != 2 {
		t.Errorf("after 91 days: %+v, want both nights to go", got)
	}
}

// highWater: the counters never go back, also where what they counted was pruned. A part counts as sent once it has
// left.
func highWater(t *world) {
	l := t.open()
	if w := Must[export.Water](t)(l.Water(time.Time{})); w.Planned || w.Runs+w.Parts > 0 {
		t.Errorf("an empty ledger has come to %+v", w)
	}
	Begin(t, l, "run")
	if w := Must[export.Water](t)(l.Water(time.Time{})); w.Planned || w.Runs != 1 {
		t.Errorf("a run without a plan makes %+v", w)
	}
	p := OnePart(t, l, "a.csv", 1)
	OnePart(t, l, "b.csv", 1)
	p.State = export.Renaming
	OK(t, l.Move(p))
	p.State, p.Sent = export.Delivered, Noon
	OK(t, l.Move(p))
	w := Must[export.Water](t)(l.Water(Noon.Add(-time.Hour)))
	if !w.Planned || w.Runs != 3 || w.Parts != 2 || !slices.Equal(w.Sent, []string{"a.csv"}) {
		t.Errorf("come to %+v", w)
	}
	if w := Must[export.Water](t)(l.Water(Noon.Add(time.Hour))); len(w.Sent) > 0 {
		t.Errorf("sent an hour later: %v", w.Sent)
	}
	if got := Must[[]string](t)(l.Unknown([]string{"z.csv", "a.csv", "b.csv", "it's.csv"})); !slices.Equal(got, []string{"z.csv", "it's.csv"}) {
		t.Errorf("unknown: %v", got)
	}
}

// peopleSentSince: SentSince, which serves run --again, returns the people for whom a later run has a row in a part.
func peopleSentSince(t *world) {
	l := t.open()
	first := OnePart(t, l, "a.csv", 3)
	OnePart(t, l, "b.csv", 1)
	later := Begin(t, l, "run")
	tx := Plan(t, l, later)
	OK(t, tx.AddRow(Row(0, 0, 4, export.Quarantined))) // the row is in no part
	OK(t, tx.Commit(export.PlanSum{Input: 1}))
	if d := cmp.Diff(map[string]bool{"E0002": true}, Must[map[string]bool](t)(l.SentSince(first.Run))); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := Must[map[string]bool](t)(l.SentSince(later)); len(got) != 0 {
		t.Errorf("since the last run: %v", got)
	}
	_, err := l.SentSince("none")
	WantErr(t, err, `no run "none"`)
}

// committedRows: what was committed to be sent since a time is known with the run, until it is known that it came to nothing
// or the person is forgotten.
func committedRows(t *world) {
	l := t.locked()
	plan := func(command string, at time.Time, keys string, kind export.ChangeKind) export.Part {
		t.now = at
		run := Begin(t, l, command)
		tx := Plan(t, l, run)
		id := Must[int64](t)(tx.AddPart(export.Part{Name: run + ".csv", Rows: len(keys)}, []byte("x")))
		for i, key := range keys {
			r := Row(id, i+1, i+2, export.Pending)
			r.Key, r.Kinds = string(key), export.ChangeKinds(0).With(kind)
			if key == 'f' {
				r.Counted = []string{export.ColumnLimit("Department")}
			}
			OK(t, tx.AddRow(r))
		}
		held := Row(0, 0, 100, export.Held)
		held.Kinds = export.ChangeKinds(0).With(kind)
		OK(t, tx.AddRow(held))
		OK(t, tx.Commit(export.PlanSum{Input: len(keys) + 1}))
		return Must[[]export.Part](t)(l.Parts(run))[0]
	}
	yesterday := plan("run", Noon, "ab", export.ChangeLogin)
	first := plan("run", Noon.Add(Day), "bcde", export.ChangeDeactivation)
	second := plan("drop", Noon.Add(Day+time.Hour), "fb", export.ChangeDeactivation)
	other := plan("run", Noon.Add(Day+2*time.Hour), "c", export.ChangeLogin)
	check := func(since time.Time, kinds export.ChangeKinds, want ...string) {
		t.Helper()
		var got []string
		OK(t, l.Committed(since, kinds, func(run, key string, kinds export.ChangeKinds, names []string) {
			got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %v %s", run, key, kinds.List(), strings.Join(names, ","))))
		}))
		slices.Sort(got)
		slices.Sort(want)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
	leaves := export.ChangeKinds(0).With(export.ChangeDeactivation)
	today := Noon.Add(Day)
	check(today, leaves, first.Run+" b [deactivation]", first.Run+" c [deactivation]", first.Run+" d [deactivation]", first.Run+" e [deactivation]",
		second.Run+" f [deactivation] columns.Department", second.Run+" b [deactivation]")
	p := Deliver(t, l, first)
	p.Verdict = export.VerdictPartial
	OK(t, l.Settle(p, export.Applied, []export.RowResult{{PartRow: 2, Outcome: export.Rejected}, {PartRow: 3, Outcome: export.Unchanged}}))
	Settled(t, l, second)
	Must[ledger.Forgotten](t)(l.Forget("e"))
	check(today, leaves, first.Run+" b [deactivation]", second.Run+" f [deactivation] columns.Department", second.Run+" b [deactivation]")
	check(today.Add(time.Second), export.ChangeKinds(0).With(export.ChangeCreate), second.Run+" f [deactivation] columns.Department")
	check(today, leaves.With(export.ChangeLogin), first.Run+" b [deactivation]", second.Run+" f [deactivation] columns.Department", second.Run+" b [deactivation]", other.Run+" c [login]")
	check(today.Add(time.Second), 0, second.Run+" f [deactivation] columns.Department", second.Run+" b [deactivation]", other.Run+" c [login]")
	check(Noon, leaves.With(export.ChangeLogin).With(export.ChangeCreate), yesterday.Run+" a [login]", yesterday.Run+" b [login]",
		first.Run+" b [deactivation]", second.Run+" f [deactivation] columns.Department", second.Run+" b [deactivation]", other.Run+" c [login]")
}

// twoNights plans two nights of one person: a row in a part, then a row held back.
func twoNights(t *world, l ledger.Ledger) (part int64, runs []string) {
	t.Helper()
	mapping := []export.Expression{{Column: "Login", Text: "login"}, {Column: "Email", Text: "lower(mail)"}}
	for i := range 2 {
		run := Must[export.RunRecord](t)(l.BeginRun(export.RunRecord{Command: "run", Started: Noon, Mapping: mapping[i:]})).ID
		runs = append(runs, run)
		tx := Plan(t, l, run)
		r := Row(0, 0, 5, export.Quarantined)
		if i == 0 {
			part = Must[int64](t)(tx.AddPart(export.Part{Name: "a.csv", Rows: 2}, []byte("bytes")))
			OK(t, tx.AddRow(Row(part, 1, 4, export.Pending)))
			r = Row(part, 2, 5, export.Pending)
		}
		OK(t, tx.AddRow(r))
		OK(t, tx.Commit(export.PlanSum{Input: 1}))
	}
	return part, runs
}

func personsStory(t *world) {
	l := t.open()
	part, runs := twoNights(t, l)
	OK(t, l.Move(export.Part{ID: part, State: export.Staged, Notes: export.Noted(export.PartNote{Kind: export.NoteTaken})}))
	story, more, err := l.Story([]string{"E0005"}, -1)
	OK(t, err)
	if len(story) != 2 || more != 0 {
		t.Fatalf("%d rows and %d runs more, want 2 and 0: %v", len(story), more, story)
	}
	newest, first := story[0], story[1]
	if newest.Run.ID != runs[1] || newest.Part.ID != 0 || newest.Row.Outcome != export.Quarantined || newest.Moves != nil {
		t.Errorf("newest %+v", newest)
	}
	if first.Run.ID != runs[0] || first.Part.Name != "a.csv" || first.Row.PartRow != 2 || first.Row.Login != "u5" {
		t.Errorf("first %+v", first)
	}
	if d := cmp.Diff([]ledger.Move{{From: export.Planned, To: export.Staged, At: Noon, Notes: export.Noted(export.PartNote{Kind: export.NoteTaken})}}, first.Moves); d != "" {
		t.Errorf("moves (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]export.Expression{{Column: "Login", Text: "login"}, {Column: "Email", Text: "lower(mail)"}}, first.Run.Mapping); d != "" {
		t.Errorf("mapping (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]export.Expression{{Column: "Email", Text: "lower(mail)"}}, newest.Run.Mapping); d != "" {
		t.Errorf("mapping of the second night (-want +got):\n%s", d)
	}
}

func storyLimits(t *world) {
	l := t.open()
	_, runs := twoNights(t, l)
	for limit, want := range map[int][2]int{0: {0, 2}, 1: {1, 1}, 2: {2, 0}, 3: {2, 0}, -1: {2, 0}} {
		story, more, err := l.Story([]string{"E0005", "nobody"}, limit)
		if err != nil || len(story) != want[0] || more != want[1] || limit == 1 && story[0].Run.ID != runs[1] {
			t.Errorf("limit %d: %d rows, %d more, %v; want %v", limit, len(story), more, err, want)
		}
	}
	if story, more, err := l.Story([]string{"nobody"}, -1); len(story) != 0 || more != 0 || err != nil {
		t.Errorf("nobody: %v, %d, %v", story, more, err)
	}
	if d := cmp.Diff([]string{"E0004"}, Must[[]string](t)(l.KeysOf("U4"))); d != "" {
		t.Errorf("keys of U4 (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"E0004"}, Must[[]string](t)(l.KeysLike("e0004"))); d != "" {
		t.Error("keys in another case:", d)
	}
	if keys := Must[[]string](t)(l.KeysOf("u")); len(keys) != 0 {
		t.Errorf("keys of u: %q", keys)
	}
}

// workingAndSince: Working returns a run from its beginning until its end, however many have begun since; one with an open
// part has no end yet. RunsSince
// returns the runs that began or ended after a time.
func workingAndSince(t *world) {
	l := t.open()
	var want []string
	for i := range 150 {
		at := Noon.Add(time.Duration(i) * time.Minute)
		id := Must[export.RunRecord](t)(l.BeginRun(export.RunRecord{Command: "run", Started: at})).ID
		if i%50 == 0 {
			want = append([]string{id}, want...)
			if i == 50 {
				OK(t, l.EndRun(export.RunRecord{ID: id, State: export.RunOpen, Ended: at.Add(time.Minute)}))
			}
			continue
		}
		OK(t, l.EndRun(export.RunRecord{ID: id, State: export.RunEnded, Ended: at.Add(time.Minute)}))
	}
	ids := func(runs []export.RunRecord, err error) (ids []string) {
		t.Helper()
		OK(t, err)
		for _, r := range runs {
			ids = append(ids, r.ID)
		}
		return ids
	}
	if d := cmp.Diff(want, ids(l.Working())); d != "" {
		t.Errorf("at work (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"20261123T163401Z", "20261123T163301Z"}, ids(l.RunsSince(Noon.Add(149*time.Minute-time.Second)))); d != "" {
		t.Errorf("since (-want +got):\n%s", d)
	}
	if got := ids(l.RunsSince(Noon.Add(150 * time.Minute))); got != nil {
		t.Errorf("after all had ended: %q", got)
	}
}
