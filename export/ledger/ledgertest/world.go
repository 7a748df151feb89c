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

// world is where a story is told: one ledger, and a clock that stands until the story turns it.
type world struct {
	testing.TB
	opener Opener
	about  string // which case of the story it is
	dir    string
	now    time.Time
}

func newWorld(t testing.TB, o Opener) *world {
	return &world{TB: t, opener: o, dir: filepath.Join(t.TempDir(), "var", "ledger"), now: Noon}
}

// each tells one case of a story with a ledger of its own.
func (w *world) each(about string, tell func(*world)) {
	w.Helper()
	next := newWorld(w.TB, w.opener)
	next.about = w.about + about + ": "
	tell(next)
}

// Errorf says in which case it is.
func (w *world) Errorf(format string, args ...any) {
	w.Helper()
	w.TB.Errorf("%s", w.about+fmt.Sprintf(format, args...))
}

// Fatalf says in which case it is.
func (w *world) Fatalf(format string, args ...any) {
	w.Helper()
	w.TB.Fatalf("%s", w.about+fmt.Sprintf(format, args...))
}

// Error says in which case it is.
func (w *world) Error(args ...any) {
	w.Helper()
	w.TB.Error(append([]any{w.about}, args...)...)
}

// Fatal says in which case it is.
func (w *world) Fatal(args ...any) {
	w.Helper()
	w.TB.Fatal(append([]any{w.about}, args...)...)
}

func (w *world) place(b *Blow) Place {
	return Place{Dir: w.dir, Now: func() time.Time { return w.now }, Blow: b}
}

// open opens the ledger, once more where it is open, and closes it when the story ends.
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

// locked opens the ledger with its lock.
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

// spool is where the bytes of the parts lie.
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

// wantSound wants the ledger to agree with itself.
func (w *world) wantSound() {
	w.Helper()
	if found := w.findings(); found != "" {
		w.Errorf("the check finds:\n%s", found)
	}
}

// findings is what the check finds, a line each.
func (w *world) findings() string {
	w.Helper()
	var lines []string
	for _, f := range Must[*ledger.Checked](w)(w.opener.Check(w.dir)).Findings {
		lines = append(lines, fmt.Sprintf("%s: %s; %s", f.Where, f.What, f.Fix))
	}
	return strings.Join(lines, "\n")
}
