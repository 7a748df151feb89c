package sqlite

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
)

const benchRows, benchPart = 100_000, 5_000

func addBenchRows(b *testing.B, tx export.PlanTx, rows int) {
	data := make([]byte, 1<<20)
	r := export.RowResult{Lines: 1, Outcome: export.Pending}
	for i := range rows {
		if i%benchPart == 0 {
			name := fmt.Sprintf("Users_20261123T140501Z_0123abcd_%03d.csv", i/benchPart)
			r.Part, r.PartRow = ledgertest.Must[int64](b)(tx.AddPart(export.Part{Name: name}, data)), 0
		}
		r.PartRow++
		r.Origin = export.Origin{File: "users-2026-11-23.csv", Line: i + 2}
		r.Key, r.Login = fmt.Sprintf("E%07d", i), fmt.Sprintf("first.last%d", i)
		r.First = r.Key
		ledgertest.OK(b, tx.AddRow(r))
	}
}

func BenchmarkPlan100k(b *testing.B) {
	l := open(b, filepath.Join(b.TempDir(), "ledger"))
	n := 0
	for b.Loop() {
		n++
		run := ledgertest.Begin(b, l, "run")
		tx := ledgertest.Plan(b, l, run)
		addBenchRows(b, tx, benchRows)
		for id, name := range tx.(*planTx).names { // two parts with the same bytes need different names
			ledgertest.OK(b, tx.NamePart(id, fmt.Sprintf("%d_%s", n, name)))
		}
		ledgertest.OK(b, tx.Commit(export.PlanSum{Input: benchRows}))
	}
	b.ReportMetric(float64(benchRows)*float64(n)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkMillion measures the largest ledger that is promised: a million rows are planned into a new one, their parts
// settled, and then the ledger is pruned, backed up and checked. Run it with -benchtime 1x.
func BenchmarkMillion(b *testing.B) {
	const rows = 1_000_000
	l := open(b, filepath.Join(b.TempDir(), "ledger"))
	unlock := ledgertest.Must[func() error](b)(l.Lock("bench"))
	defer unlock()
	step := func(name string, f func(b *testing.B)) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f(b)
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
	step("plan", func(b *testing.B) {
		run := ledgertest.Begin(b, l, "run")
		tx := ledgertest.Plan(b, l, run)
		addBenchRows(b, tx, rows)
		for id, name := range tx.(*planTx).names {
			ledgertest.OK(b, tx.NamePart(id, run+name))
		}
		ledgertest.OK(b, tx.Commit(export.PlanSum{Input: rows}))
	})
	step("settle", func(b *testing.B) {
		for _, p := range ledgertest.Must[[]export.Part](b)(l.Unfinished()) {
			ledgertest.Settled(b, l, p)
		}
	})
	step("check", func(b *testing.B) {
		if c := ledgertest.Must[*ledger.Checked](b)(Check(Options{Dir: l.dir})); len(c.Findings) > 0 || c.Rows < rows {
			b.Fatalf("%+v", c)
		}
	})
	step("backup", func(b *testing.B) { ledgertest.Must[ledger.Copied](b)(l.Backup(filepath.Join(b.TempDir(), "copy"))) })
	step("forget", func(b *testing.B) { ledgertest.Must[ledger.Forgotten](b)(l.Forget("E0000042")) })
}

func BenchmarkSettle100k(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		l := open(b, filepath.Join(b.TempDir(), "ledger"))
		run := ledgertest.Begin(b, l, "run")
		tx := ledgertest.Plan(b, l, run)
		addBenchRows(b, tx, benchRows)
		ledgertest.OK(b, tx.Commit(export.PlanSum{Input: benchRows}))
		parts := ledgertest.Must[[]export.Part](b)(l.Parts(run))
		b.StartTimer()
		for _, p := range parts {
			p.State = export.Dropped // from planned
			ledgertest.OK(b, l.Settle(p, export.Held, nil))
		}
		if c := ledgertest.Must[map[export.Outcome]int](b)(l.Counts(run)); c[export.Held] != benchRows {
			b.Fatalf("counts %v", c)
		}
	}
}

// BenchmarkStory1M looks for one person among a million rows, which has no index on keys. With one, writing a million
// rows took 16 to 18 s instead of 6 to 8 s on two cores.
func BenchmarkStory1M(b *testing.B) {
	l := open(b, filepath.Join(b.TempDir(), "ledger"))
	for i := range 10 {
		run := ledgertest.Begin(b, l, "run")
		tx := ledgertest.Plan(b, l, run)
		addBenchRows(b, tx, benchRows)
		for id, name := range tx.(*planTx).names {
			ledgertest.OK(b, tx.NamePart(id, fmt.Sprintf("%d_%s", i, name)))
		}
		ledgertest.OK(b, tx.Commit(export.PlanSum{Input: benchRows}))
	}
	for b.Loop() {
		story, _, err := l.Story([]string{"E0050000"}, -1)
		if err != nil || len(story) != 10 {
			b.Fatalf("%d rows, %v; want 10", len(story), err)
		}
	}
}
