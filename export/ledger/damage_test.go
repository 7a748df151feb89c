package ledger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// use does with a ledger what a night does.
func use(dir string) (err error) {
	l, err := Open(Options{Dir: dir, Now: func() time.Time { return noon }})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if _, err := l.Unfinished(); err != nil {
		return err
	}
	if _, err := l.Known(); err != nil {
		return err
	}
	run, err := l.BeginRun(export.RunRecord{Command: "run", Started: noon})
	if err != nil {
		return err
	}
	return night(l, run, 2)
}

// TestDamagedDatabase: whatever becomes of the file, it is told as a damaged ledger with what to do, or nothing was
// lost, which the check then has to agree with.
func TestDamagedDatabase(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "ledger")
	l := must[*Ledger](t)(Open(Options{Dir: whole, Now: func() time.Time { return noon }}))
	settled(t, l, onePart(t, l, "final.csv", 1))
	onePart(t, l, "open.csv", 2)
	ok(t, l.Close())
	bytes := must[[]byte](t)(os.ReadFile(filepath.Join(whole, "ledger.db")))
	want := must[*Checked](t)(Check(Options{Dir: whole}))

	told := 0
	try := func(name string, data []byte, mustTell bool) {
		t.Helper()
		dir := copyOf(t, whole)
		ok(t, os.WriteFile(filepath.Join(dir, "ledger.db"), data, 0o600))
		checked, err := Check(Options{Dir: dir})
		sound := err == nil && len(checked.Findings) == 0
		err = use(dir)
		switch {
		case err == nil && sound && !mustTell && checked.Rows == want.Rows && checked.Runs == want.Runs:
		case err == nil:
			t.Errorf("%s: used without a word (the check: sound %v)", name, sound)
		case !errors.As(err, new(*DamagedError)):
			t.Errorf("%s: told as %v", name, err)
		case sound:
			t.Errorf("%s: the check says sound, and using it says %v", name, err)
		default:
			told++
			wantErr(t, err, "the ledger is damaged", "ledger.db", "go back to the last backup")
		}
	}
	flip := func(at int, with byte) []byte {
		data := append([]byte(nil), bytes...)
		data[at] ^= with
		return data
	}
	for at := range 100 {
		for _, with := range []byte{0xff, 0x01, 0x80} {
			try(fmt.Sprintf("header byte %d ^ %#x", at, with), flip(at, with), false)
		}
	}
	for at := 60; at < 64; at++ {
		try(fmt.Sprintf("byte %d of the version", at), flip(at, 0xff), true)
	}
	for _, size := range []int{0, 1, 50, 100, 511, 4096, 4097, len(bytes) / 2, len(bytes) - 4096, len(bytes) - 1} {
		try(fmt.Sprintf("cut off at %d", size), bytes[:size], size < len(bytes)-1)
	}
	try("not a database", []byte("this is a text and no database, however long it goes on; it goes on and on and on and on and on and on"), true)
	try("zeros", make([]byte, len(bytes)), true)
	if told < 60 {
		t.Errorf("%d kinds of damage were told: the test tries nothing", told)
	}
}
