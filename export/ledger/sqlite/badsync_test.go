package sqlite

import (
	"errors"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
)

// badDisk is a disk that begins to fail: its syncs return these errors, and nothing else is wrong with it.
type badDisk struct {
	ledger.OSDisk
	file, dir error
}

func (d *badDisk) Create(path string) (ledger.File, error) {
	f, err := d.OSDisk.Create(path)
	return badFile{f, d}, err
}

func (d *badDisk) SyncDir(dir string) error { return errors.Join(d.dir, d.OSDisk.SyncDir(dir)) }

type badFile struct {
	ledger.File
	disk *badDisk
}

func (f badFile) Sync() error { return errors.Join(f.disk.file, f.File.Sync()) }

// TestPlanIsNotRecordedWhereItsBytesAreNotDurable: a sync that fails without a crash is no less than one: the plan is
// not there, and the error says why.
func TestPlanIsNotRecordedWhereItsBytesAreNotDurable(t *testing.T) {
	failed := errors.New("input/output error")
	for name, fails := range map[string]badDisk{"file": {file: failed}, "folder": {dir: failed}} {
		t.Run(name, func(t *testing.T) {
			disk := &badDisk{}
			l, err := Open(Options{Dir: t.TempDir() + "/ledger", disk: disk})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			unlock := ledgertest.Must[func() error](t)(l.Lock("test"))
			defer unlock()
			run := ledgertest.Begin(t, l, "run")
			tx := ledgertest.Plan(t, l, run)
			disk.file, disk.dir = fails.file, fails.dir // before the part: its bytes are written beside the plan
			id := ledgertest.Must[int64](t)(tx.AddPart(export.Part{Name: "a.csv", Rows: 1}, []byte("bytes")))
			ledgertest.OK(t, tx.AddRow(ledgertest.Row(id, 1, 2, export.Pending)))
			if err := tx.Commit(export.PlanSum{Input: 1}); !errors.Is(err, failed) {
				t.Errorf("committed with %v", err)
			}
			disk.file, disk.dir = nil, nil
			if parts := ledgertest.Must[[]export.Part](t)(l.Parts(run)); len(parts) > 0 {
				t.Errorf("planned: %v", parts)
			}
		})
	}
}
