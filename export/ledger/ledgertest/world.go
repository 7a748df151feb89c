package ledgertest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// world is the surroundings of a story: one ledger, and a clock that stands still until the story moves it.
type world struct {
	testing.TB
	opener Opener
	about  string // the case of the story that is running
	dir    string
	now    time.Time
}

func newWorld(t testing.TB, o Opener) *world {
	return &world{TB: t, opener: o, dir: filepath.Join(t.TempDir(), "var", "ledger"), now: Noon}
}

// each runs one case of a story with a ledger of its own.
func (w *world) each(about string, run func(*world)) {
	w.Helper()
	next := newWorld(w.TB, w.opener)
	next.about = w.about + about + ": "
	run(next)
}

// Errorf reports a failure and names the case of the story.
func (w *world) Errorf(format string, args ...any) {
	w.Helper()
	w.TB.Errorf("%s", w.about+fmt.Sprintf(format, args...))
}

// Fatalf reports a failure, names the case of the story, and ends it.
func (w *world) Fatalf(format string, args ...any) {
	w.Helper()
	w.TB.Fatalf("%s", w.about+fmt.Sprintf(format, args...))
}

// Error reports a failure and names the case of the story.
func (w *world) Error(args ...any) {
	w.Helper()
	w.TB.Error(append([]any{w.about}, args...)...)
}

// Fatal reports a failure, names the case of the story, and ends it.
func (w *world) Fatal(args ...any) {
	w.Helper()
	w.TB.Fatal(append([]any{w.about}, args...)...)
}

func (w *world) place(b *Blow) Place {
	return Place{Dir: w.dir, Now: func() time.Time { return w.now }, Blow: b}
}

// open opens the ledger, a second time where it is open, and closes it when the story ends.
func (w *world) open() ledger.Ledger {
	w.Helper()
	l := Must[ledger.Ledger](w)(w.opener.Open(w.place(nil)))
	w.Cleanup(func() {
		if err := l.Close(); err != nil {
			w.Error(err)
		}
	})
	return l
}

// locked opens the ledger and takes its lock.
func (w *world) locked() ledger.Ledger {
	w.Helper()
	l := w.open()
	unlock := Must[func() error](w)(l.Lock("a story"))
	w.Cleanup(func() {
		if err := unlock(); err != nil {
			w.Error(err)
		}
	})
	return l
}

// spool returns the spool of the ledger.
func (w *world) spool() ledger.Spool {
	return ledger.Spool{Dir: filepath.Join(w.dir, "spool"), Disk: ledger.OSDisk{}}
}

func (w *world) spoolFiles() (names []string) {
	w.Helper()
	for _, e := range Must[[]os.DirEntry](w)(os.ReadDir(w.spool().Dir)) {
		names = append(names, e.Name())
	}
	return names
}

// wantSound fails the story unless the ledger is consistent.
func (w *world) wantSound() {
	w.Helper()
	if found := w.findings(); found != "" {
		w.Errorf("the check finds:\n%s", found)
	}
}

// findings returns what the check finds, one a line.
func (w *world) findings() string {
	w.Helper()
	var lines []string
	for _, f := range Must[*ledger.Checked](w)(w.opener.Check(w.dir)).Findings {
		lines = append(lines, fmt.Sprintf("%s: %s; %s", f.Where, f.What, f.Fix))
	}
	return strings.Join(lines, "\n")
}
