package ledgertest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// datedRecord returns a record that waits for a day, with its row.
func datedRecord(line int, key string, fields map[string]string) (export.RowResult, export.KeptRecord) {
	row := Row(0, 0, line, export.Pending)
	row.Key = key
	return row, export.KeptRecord{
		Origin: export.Origin{File: row.Origin.File, Line: line}, Header: &export.Header{Fields: []string{"id"}}, Values: []string{key},
		Dated: &export.DatedRecord{Key: key, Day: "2031-02-28", Zone: "Europe/Paris", Fields: fields},
	}
}

// planDated plans a run with records that wait, and what it makes of those that have waited.
func planDated(t testing.TB, l ledger.Ledger, changes map[int64]export.DatedChange, records ...map[string]string) (run string) {
	t.Helper()
	run = Begin(t, l, "run")
	tx := Plan(t, l, run)
	for i, fields := range records {
		row, rec := datedRecord(i+2, fields["id"], fields)
		OK(t, tx.AddRow(row))
		OK(t, tx.Keep(rec))
	}
	OK(t, tx.Commit(export.PlanSum{Files: planFiles, Input: len(records), Feed: len(records), Dated: changes}))
	OK(t, l.EndRun(export.RunRecord{ID: run, State: export.RunEnded, Ended: Noon}))
	return run
}

func datedNow(t testing.TB, l ledger.Ledger) (fields []map[string]string) {
	t.Helper()
	for _, r := range Must[[]export.DatedRecord](t)(l.Dated()) {
		fields = append(fields, r.Fields)
	}
	return fields
}

// datedWaits: what waits for its day stays until a plan takes it up or replaces all of it, however old its run is.
func datedWaits(t *world) {
	l := t.locked()
	first := planDated(t, l, nil, map[string]string{"id": "E1", "a": "1"}, map[string]string{"id": "E2", "a": "1", "b": "2"}, map[string]string{"id": "E3", "a": "1"})
	all := Must[[]export.DatedRecord](t)(l.Dated())
	if len(all) != 3 || all[1].Origin.String() != Row(0, 0, 3, export.Pending).Origin.File+"@"+first+":3" || all[1].Day != "2031-02-28" || all[1].Zone != "Europe/Paris" || all[1].Key != "E2" {
		t.Fatalf("%+v", all)
	}
	by := export.Origin{File: "b.csv", Line: 7}
	second := planDated(t, l, map[int64]export.DatedChange{
		all[0].ID: {Taken: true}, all[1].ID: {Left: map[string]string{"id": "E2", "b": "2"}, By: by}, all[2].ID: {By: by},
	})
	if d := cmp.Diff([]map[string]string{{"id": "E2", "b": "2"}}, datedNow(t, l)); d != "" {
		t.Error(d)
	}
	var why []string
	OK(t, l.Rows(first, func(r export.RowResult) error { why = append(why, r.Faults.Text()); return nil }))
	if d := cmp.Diff([]string{"planned again by run " + second, "", "replaced by b.csv@" + second + ":7, a newer record of this person"}, why); d != "" {
		t.Error(d)
	}
	run := Begin(t, l, "run")
	tx := Plan(t, l, run)
	WantErr(t, tx.Commit(export.PlanSum{Files: planFiles, Dated: map[int64]export.DatedChange{99: {Taken: true}}}), "no record 99 waits")
	tx.Rollback()

	t.now = Noon.Add(400 * Day)
	Must[ledger.Pruned](t)(l.Prune(ledger.Retention{Parts: Day, Values: Day, History: Day}, false))
	if got := datedNow(t, l); len(got) != 1 {
		t.Errorf("after pruning %v waits", got)
	}
	last := Must[[]export.DatedRecord](t)(l.Dated())[0]
	planDated(t, l, map[int64]export.DatedChange{last.ID: {Taken: true}}) // of a run that is pruned
	if got := datedNow(t, l); len(got) != 0 {
		t.Errorf("%v waits", got)
	}
}

// forgetDated: what a person waits for goes, and what names them in what others wait for.
func forgetDated(t *world) {
	l := t.locked()
	planDated(t, l, nil, map[string]string{"id": "E1", "a": "1"}, map[string]string{"id": "E2", "a": "1", "boss": "E1"})
	if f := Must[ledger.Forgotten](t)(l.Forget("E1")); f.Dated != 1 {
		t.Errorf("%+v", f)
	}
	if d := cmp.Diff([]map[string]string{{"id": "E2", "a": "1"}}, datedNow(t, l)); d != "" {
		t.Error(d)
	}
}
