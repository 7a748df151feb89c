package ledgertest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// sweepAfterCrash: Sweep removes what an uncommitted plan has left in the spool, and nothing else.
func sweepAfterCrash(t *world) {
	blow := &Blow{}
	crashed := Must[ledger.Ledger](t)(t.opener.Open(t.place(blow)))
	kept := OnePart(t, crashed, "kept.csv", 1)
	tx := Plan(t, crashed, Begin(t, crashed, "run"))
	lost := Must[int64](t)(tx.AddPart(export.Part{Name: "lost.csv"}, []byte("lost")))
	blow.Fall()
	OK(t, crashed.Close())
	OK(t, os.WriteFile(t.spool().Path(lost), []byte("lost"), 0o600)) // the name may have become durable

	l := t.open()
	for _, name := range []string{"note.txt", "007.csv", "-1.csv"} {
		OK(t, os.WriteFile(filepath.Join(t.spool().Dir, name), nil, 0o600))
	}
	_, err := l.Sweep()
	WantErr(t, err, "run lock")
	unlock := Must[func() error](t)(l.Lock("test"))
	defer unlock()
	if n := Must[int](t)(l.Sweep()); n != 1 {
		t.Errorf("swept %d files, want 1", n)
	}
	if d := cmp.Diff([]string{"-1.csv", "007.csv", t.spool().Name(kept.ID), "note.txt"}, t.spoolFiles()); d != "" {
		t.Errorf("spool (-want +got):\n%s", d)
	}
	Must[[]byte](t)(l.Bytes(kept))
	if n := Must[int](t)(l.Sweep()); n != 0 {
		t.Errorf("swept %d files the second time", n)
	}
	Plan(t, l, Begin(t, l, "run")).Rollback()
}

// orphanIsNotReused: an orphan that was not swept does not become the bytes of a part that gets its id.
func orphanIsNotReused(t *world) {
	l := t.open()
	OK(t, os.WriteFile(t.spool().Path(1), []byte("orphan, and longer"), 0o644))
	p := OnePart(t, l, "a.csv", 1)
	if data := Must[[]byte](t)(l.Bytes(p)); string(data) != "bytes of a.csv" {
		t.Errorf("bytes %q", data)
	}
	if info := Must[os.FileInfo](t)(os.Stat(t.spool().Path(1))); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func spoolFaultSaysWhere(t *world) {
	l := t.open()
	tx := Plan(t, l, Begin(t, l, "run"))
	defer tx.Rollback()
	OK(t, os.RemoveAll(t.spool().Dir))
	_, err := tx.AddPart(export.Part{Name: "a.csv"}, []byte("a"))
	WantErr(t, err, "part a.csv", t.spool().Path(1))
	WantErr(t, tx.Commit(export.PlanSum{Input: 0}), "roll it back")
}

func bytesAreChecked(t *world) {
	for name, spoil := range map[string]func(path string) error{
		"changed": func(path string) error { return os.WriteFile(path, []byte("bytes of b.csv"), 0o600) },
		"longer":  func(path string) error { return os.WriteFile(path, []byte("bytes of a.csv."), 0o600) },
		"torn":    func(path string) error { return os.Truncate(path, 3) },
		"missing": os.Remove,
	} {
		t.each(name, func(t *world) {
			l := t.open()
			p := OnePart(t, l, "a.csv", 1)
			OK(t, spoil(t.spool().Path(p.ID)))
			_, err := l.Bytes(p)
			WantErr(t, err, "part a.csv", t.spool().Path(p.ID), "restore")
			if name == "missing" && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("error %v", err)
			}
		})
	}
	l := t.open()
	_, err := l.Bytes(export.Part{ID: 1, Size: ledger.MaxPart + 1})
	WantErr(t, err, "is not a size that a part can have")
}
