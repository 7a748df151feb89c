package ledgertest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// backup returns the world of a copy of this ledger.
func (w *world) backup() *world {
	copied := newWorld(w.TB, w.opener)
	copied.about, copied.now = w.about+"the backup: ", w.now
	return copied
}

// backedUp: a backup holds what the ledger held at that moment, also while a plan is open, and goes on from there.
func backedUp(t *world) {
	l := t.open()
	Settled(t, l, OnePart(t, l, "final.csv", 1))
	unfinished := OnePart(t, l, "open.csv", 2)
	keepRecords(t, l, 3)
	run := Begin(t, l, "run")
	before := picture(t, l)
	looker := t.open() // the backup is another program
	tx := Plan(t, l, run)
	Must[int64](t)(tx.AddPart(export.Part{Name: "planning.csv"}, []byte("p")))

	to := t.backup()
	Must[ledger.Copied](t)(looker.Backup(to.dir))
	_, err := looker.Backup(to.dir)
	WantErr(t, err, to.dir, "exists already / hint: name a new folder")
	OK(t, tx.Commit(export.PlanSum{}))
	to.wantSound()
	copied := to.open()
	if d := cmp.Diff(before, picture(to, copied)); d != "" {
		to.Errorf("(-ledger +backup):\n%s", d)
	}
	Settled(to, copied, unfinished)
	if p := OnePart(to, copied, "next.csv", 1); p.ID <= unfinished.ID {
		to.Errorf("the id %d is given again", p.ID)
	}
}

// backupIsWhole: wherever the program ends in a backup, the copy is complete or does not have its name. It stays once
// Backup has returned.
func backupIsWhole(t *world) {
	for at, whole := 1, false; !whole; at++ {
		t.each(fmt.Sprintf("ended at step %d", at), func(t *world) {
			l := t.open()
			p := OnePart(t, l, "open.csv", 1)
			OK(t, l.Close())
			to := t.backup()
			OK(t, os.MkdirAll(filepath.Dir(to.dir), 0o700))
			b := &Blow{At: at}
			l, err := t.opener.Open(t.place(b))
			if err == nil {
				_, err = l.Backup(to.dir)
				b.Fall()
				OK(t, l.Close())
			}
			whole = err == nil
			_, there := os.Stat(to.dir)
			switch {
			case there == nil:
				to.wantSound()
				Must[[]byte](to)(to.open().Bytes(p))
			case whole || !errors.Is(there, fs.ErrNotExist):
				t.Errorf("the backup: %v, %v", err, there)
			}
		})
	}
}
