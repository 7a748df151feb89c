package sqlite

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
)

// BenchmarkMemoryOfMillion measures what a plan of a million people holds of the ledger: whom it knows, and ten columns each of
// what was confirmed. Run it with -benchtime 1x.
func BenchmarkMemoryOfMillion(b *testing.B) {
	l := open(b, b.TempDir()+"/ledger")
	columns := strings.Split("Login,Email,First Name,Last Name,Employee Number,Status,Department,Approver Login,Groups,Default Currency", ",")
	run := ledgertest.Begin(b, l, "run")
	tx := ledgertest.Plan(b, l, run)
	addBenchRows(b, tx, 1_000_000)
	for id, name := range tx.(*planTx).names {
		ledgertest.OK(b, tx.NamePart(id, run+name))
	}
	ledgertest.OK(b, tx.Commit(export.PlanSum{Input: 1_000_000}))
	for _, p := range ledgertest.Must[[]export.Part](b)(l.Unfinished()) {
		ledgertest.Settled(b, l, p)
		var people []export.Confirmed
		ledgertest.OK(b, l.PartRows(p.ID, func(r export.RowResult) error {
			people = append(people, export.Confirmed{Key: r.Key, Columns: columns, Hashes: make([]export.CellHash, len(columns))})
			return nil
		}))
		ledgertest.OK(b, l.Confirm(p.ID, people))
	}
	info, _ := os.Stat(l.dbPath())
	b.ReportMetric(float64(info.Size())/1e6, "MB_database")
	l.names.owners = nil
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / 1e6
	}
	before := heap()
	for b.Loop() {
		known := ledgertest.Must[*baseline.KnownPeople](b)(l.Known())
		afterKnown := heap()
		all := ledgertest.Must[*baseline.Store](b)(l.Baselines())
		after := heap()
		if all.Len() != 1_000_000 || known.Len() != 1_000_000 {
			b.Fatal(fmt.Sprint(all.Len()))
		}
		b.ReportMetric(afterKnown-before, "MB_known")
		b.ReportMetric(after-afterKnown, "MB_baselines")
	}
}
