package ledgertest

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

func seenFiles(t *world) {
	l := t.open()
	file := func(name, hash string) []export.FeedFile {
		return []export.FeedFile{{Path: "/x/" + name, Name: name, Size: 3, SHA256: hash}}
	}
	see := func(command string, files []export.FeedFile, outcomes ...export.Outcome) string {
		run := Begin(t, l, command)
		tx := Plan(t, l, run)
		for i, o := range outcomes {
			OK(t, tx.AddRow(Row(0, 0, i+2, o)))
		}
		OK(t, tx.Commit(export.PlanSum{Files: files, Input: len(outcomes)}))
		OK(t, l.EndRun(export.RunRecord{ID: run, State: export.RunEnded}))
		return run
	}
	see("run", file("a.csv", "01"), export.Quarantined)
	second := see("run", file("a.csv", "02"), export.Quarantined, export.Rejected, export.Drifted, export.Held, export.Applied, export.Pending, export.Unchanged)
	dropped := see("drop", file("a.csv", "03"))
	see("run", file("b.csv", "03"))

	want := export.SeenFile{FeedFile: file("a.csv", "02")[0], Run: second, RunState: export.RunEnded, Open: 3}
	got, found, err := l.Seen("a.csv")
	if d := cmp.Diff(want, got); d != "" || !found || err != nil {
		t.Errorf("seen %v, %v (-want +got):\n%s", found, err, d)
	}
	want = export.SeenFile{FeedFile: file("a.csv", "03")[0], Run: dropped, RunState: export.RunEnded}
	got, found, err = l.SeenBytes("03")
	if d := cmp.Diff(want, got); d != "" || !found || err != nil {
		t.Errorf("seen bytes %v, %v (-want +got):\n%s", found, err, d)
	}
	want = export.SeenFile{FeedFile: file("a.csv", "02")[0], Run: second, RunState: export.RunEnded, Open: 3}
	got, found, err = l.SeenAt("/x/a.csv")
	if d := cmp.Diff(want, got); d != "" || !found || err != nil {
		t.Errorf("seen at %v, %v (-want +got):\n%s", found, err, d)
	}
	for _, look := range []func() (export.SeenFile, bool, error){
		func() (export.SeenFile, bool, error) { return l.SeenAt("/y/a.csv") },
		func() (export.SeenFile, bool, error) { return l.Seen("c.csv") },
		func() (export.SeenFile, bool, error) { return l.SeenBytes("02") },
	} {
		if f, found, err := look(); found || err != nil {
			t.Errorf("found %v, %v", f, err)
		}
	}
}

// lineEndsOfFeeds: the ledger remembers how the files of whole feeds ended, in the order of their plans.
func lineEndsOfFeeds(t *world) {
	l := t.open()
	commit := func(sum export.PlanSum, end export.LineEnd) {
		t.Helper()
		sum.Files = []export.FeedFile{{Path: "/hr/a.csv", Name: "a.csv", Size: 3, SHA256: string(end), LineEnd: end}}
		OK(t, Plan(t, l, Begin(t, l, "run")).Commit(sum))
	}
	commit(export.PlanSum{Input: 9, Feed: 9}, export.LineEnded)
	commit(export.PlanSum{Input: 9, Feed: 9}, "")
	commit(export.PlanSum{Input: 9}, export.LineOpen) // dropped by hand
	commit(export.PlanSum{Input: 9, Feed: 9}, export.LineCut)
	var got []export.LineEnd
	for _, f := range Must[[]export.FeedFile](t)(l.LineEnds()) {
		if f.Name != "a.csv" || f.SHA256 != string(f.LineEnd) || f.Size != 3 {
			t.Errorf("file %+v", f)
		}
		got = append(got, f.LineEnd)
	}
	if !slices.Equal(got, []export.LineEnd{export.LineEnded, export.LineCut}) {
		t.Errorf("ends %q", got)
	}
}

// fileOrder: the ledger knows the last planned file of each name with its time, also after its run is pruned, and which files
// were passed over.
func fileOrder(t *world) {
	l := t.locked()
	file := func(name, hash string, hour int) export.FeedFile {
		return export.FeedFile{Path: "/hr/" + name, Name: name, Size: 3, SHA256: hash, Modified: Noon.Add(time.Duration(hour) * time.Hour)}
	}
	commit := func(command string, files ...export.FeedFile) {
		t.Helper()
		run := Begin(t, l, command)
		OK(t, Plan(t, l, run).Commit(export.PlanSum{Files: files}))
		OK(t, l.EndRun(export.RunRecord{ID: run, State: export.RunEnded, Ended: t.now}))
	}
	want := func(files ...export.FeedFile) {
		t.Helper()
		if d := cmp.Diff(files, Must[[]export.FeedFile](t)(l.PlannedFiles())); d != "" {
			t.Errorf("planned files (-want +got):\n%s", d)
		}
	}
	commit("run", file("u-9.csv", "01", -3), file("u-10.csv", "02", -5))
	commit("run", file("u-9.csv", "03", -2))
	commit("drop", file("u-11.csv", "04", -1), file("u-10.csv", "05", -1))
	unknown := file("u-8.csv", "06", 0)
	unknown.Modified = time.Time{}
	commit("run", unknown)
	unknown.Modified = t.now
	want(file("u-10.csv", "02", -5), file("u-9.csv", "03", -2), unknown)

	late := []export.LateFile{{Name: "u-3.csv", SHA256: "b", Size: 2, Newer: "u-9.csv"}, {Name: "u-2.csv", SHA256: "a", Size: 1, Newer: "u-9.csv"}}
	OK(t, l.PassOver(late[:1]))
	OK(t, l.PassOver(late))
	slices.Reverse(late)
	t.now = t.now.Add(100 * Day)
	Must[ledger.Pruned](t)(l.Prune(ledger.Retention{Parts: Day, Values: Day, History: Day}, false))
	want(file("u-10.csv", "02", -5), file("u-9.csv", "03", -2), unknown)
	commit("run", file("u-10.csv", "02", 5))
	want(file("u-9.csv", "03", -2), unknown, file("u-10.csv", "02", 5))
	if d := cmp.Diff(late, Must[[]export.LateFile](t)(l.LateFiles())); d != "" {
		t.Errorf("late files (-want +got):\n%s", d)
	}
}

// overtaken: whoever another file has a row of since a file was first planned is overtaken, whatever became of that file's own
// rows later.
func overtaken(t *world) {
	l := t.locked()
	n := 0
	send := func(command string, files []export.FeedFile, rows ...export.RowResult) string {
		t.Helper()
		run := Begin(t, l, command)
		tx := Plan(t, l, run)
		n++
		name := fmt.Sprintf("part%d.csv", n)
		id := Must[int64](t)(tx.AddPart(export.Part{Name: name, Rows: len(rows)}, []byte(name)))
		OK(t, tx.NamePart(id, name))
		for i, r := range rows {
			r.Part, r.PartRow, r.Lines = id, i+1, 1
			if r.Outcome == export.Unchanged || r.Outcome == export.Quarantined {
				r.Part, r.PartRow = 0, 0
			}
			OK(t, tx.AddRow(r))
		}
		OK(t, tx.Commit(export.PlanSum{Files: files, Input: len(rows)}))
		OK(t, l.EndRun(export.RunRecord{ID: run, State: export.RunEnded, Ended: t.now}))
		return run
	}
	file := func(name string) export.FeedFile {
		return export.FeedFile{Path: "/hr/" + name, Name: name, Size: 3, SHA256: "of " + name}
	}
	row := func(file, key string, o export.Outcome) export.RowResult {
		return export.RowResult{Origin: export.Origin{File: file, Line: 2}, Key: key, Outcome: o}
	}
	want := func(name string, keys ...string) {
		t.Helper()
		got := slices.Sorted(maps.Keys(Must[map[string]bool](t)(l.OvertakenSince(name, "of "+name))))
		if !slices.Equal(got, keys) {
			t.Errorf("%s is overtaken for %q, want %q", name, got, keys)
		}
	}
	send("run", []export.FeedFile{file("old.csv")}, row("old.csv", "F", export.Applied), row("old.csv", "A", export.Applied))
	first := send("run", []export.FeedFile{file("a.csv"), file("b.csv")}, row("a.csv", "A", export.Applied), row("b.csv", "B", export.Applied), row("a.csv", "C", export.Applied))
	want("a.csv", "B")
	want("b.csv", "A", "C")
	send("run", []export.FeedFile{file("c.csv")}, row("c.csv", "C", export.Unchanged), row("c.csv", "D", export.Quarantined), row("c.csv", "E", export.Rejected), row("c.csv", "", export.Applied), row("a.csv@"+first, "F", export.Applied))
	send("drop", []export.FeedFile{file("a.csv")}, row("a.csv", "G", export.Applied))
	want("a.csv", "B", "C", "E", "G")
	send("run", []export.FeedFile{file("a.csv")}, row("a.csv", "A", export.Applied), row("a.csv", "C", export.Applied))
	want("a.csv", "B", "C", "E", "G")
	want("c.csv", "A", "C", "F", "G")

	// Other bytes under the name are another file, and so are those that come back later.
	other := file("a.csv")
	other.SHA256 = "other"
	send("run", []export.FeedFile{other}, row("a.csv", "A", export.Applied))
	send("run", []export.FeedFile{file("a.csv")}, row("a.csv", "A", export.Applied))
	want("a.csv")
	send("run", []export.FeedFile{file("d.csv")}, row("d.csv", "A", export.Applied))
	want("a.csv", "A")
}

// configsOfRuns: the ledger knows what of the config decided about a planned file, until its run is pruned.
func configsOfRuns(t *world) {
	l := t.locked()
	see := func(name string, config map[string]string) {
		t.Helper()
		run := Must[export.RunRecord](t)(l.BeginRun(export.RunRecord{Command: "run", Config: config})).ID
		OK(t, Plan(t, l, run).Commit(export.PlanSum{Files: []export.FeedFile{{Path: "/hr/" + name, Name: name, Size: 1, SHA256: "01"}}}))
		OK(t, l.EndRun(export.RunRecord{ID: run, State: export.RunEnded, Ended: t.now}))
	}
	want := func(name string, config map[string]string, pruned bool) {
		t.Helper()
		f, ok, err := l.Seen(name)
		if !maps.Equal(f.Config, config) || f.Pruned != pruned || !ok || err != nil {
			t.Errorf("%s: %v, pruned %v, %v, %v", name, f.Config, f.Pruned, ok, err)
		}
	}
	config := map[string]string{"layout.key": "01", "mapping.columns": "02"}
	see("a.csv", config)
	see("b.csv", config)
	see("c.csv", nil)
	want("a.csv", config, false)
	want("b.csv", config, false)
	want("c.csv", nil, false)
	t.now = t.now.Add(100 * Day)
	see("b.csv", config)
	Must[ledger.Pruned](t)(l.Prune(ledger.Retention{Parts: Day, Values: Day, History: Day}, false))
	want("a.csv", nil, true)
	want("b.csv", config, false)
	t.wantSound()
}

// seenLater: a file is followed through the runs that planned its kept records again, up to where they were given up.
func seenLater(t *world) {
	l := t.open()
	header := &export.Header{Fields: []string{"id"}}
	plan := func(sum export.PlanSum, file string, again bool) string {
		run := Begin(t, l, "run")
		tx := Plan(t, l, run)
		for line, o := range map[int]export.Outcome{2: export.Held, 3: export.Quarantined} {
			r := Row(0, 0, line, o)
			r.Origin.File = file
			OK(t, tx.AddRow(r))
		}
		OK(t, tx.Keep(export.KeptRecord{Origin: export.Origin{File: file, Line: 2}, Header: header, Values: []string{"7"}, Again: again}))
		OK(t, tx.Commit(sum))
		OK(t, l.EndRun(export.RunRecord{ID: run, State: export.RunHeld, Verdict: export.RunVerdict{End: export.EndHeld}}))
		return run
	}
	want := export.SeenFile{FeedFile: export.FeedFile{Path: "/x/a.csv", Name: "a.csv", Size: 3, SHA256: "01"}, RunState: export.RunHeld, Open: 1, Kept: true}
	look := func(when string) {
		t.Helper()
		got, found, err := l.Seen("a.csv")
		if d := cmp.Diff(want, got); d != "" || !found || err != nil {
			t.Errorf("%s: %v, %v (-want +got):\n%s", when, found, err, d)
		}
	}
	want.Run = plan(export.PlanSum{Files: []export.FeedFile{want.FeedFile}, Input: 2, Held: breaches()}, "a.csv", false)
	look("held")
	for range 2 {
		k, _, err := l.Kept()
		OK(t, err)
		next := plan(export.PlanSum{Files: k.From(0).Files(), Input: 2, Held: breaches()}, "a.csv@"+want.Run, true)
		want.Kept, want.RunState = false, export.RunEnded
		want.Later = append(want.Later, next)
		want.OpenLater++
		look("planned again")
	}
	last := want.Later[1]
	Must[bool](t)(l.GiveUp(last, "A"))
	want.GivenUp = export.GivenUp{Run: last, By: "A", Rows: 1}
	look("given up")
}
