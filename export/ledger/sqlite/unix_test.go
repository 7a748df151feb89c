//go:build unix

package sqlite

import (
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
)

// nobody is the id of a user other than root: modes do not bind root.
const nobody = 65534

// TestOpenUnwritable: a user who may not write to the folder reads that and what to do, not the call at which SQLite
// failed.
func TestOpenUnwritable(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"folder read-only":   func(dir string) error { return os.Chmod(dir, 0o500) },
		"database read-only": func(dir string) error { return os.Chmod(filepath.Join(dir, "ledger.db"), 0o400) },
		"folder closed":      func(dir string) error { return os.Chmod(dir, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "ledger")
			l := ledgertest.Must[*Ledger](t)(Open(Options{Dir: dir}))
			ledgertest.OnePart(t, l, "a.csv", 1)
			ledgertest.OK(t, l.Close())
			ledgertest.OK(t, spoil(dir))
			t.Cleanup(func() { ledgertest.OK(t, os.Chmod(dir, 0o700)) })
			said := openAsUser(t, dir)
			for _, want := range []string{dir + " cannot be written to", "permission denied", "hint: run hr2coupa as the user"} {
				if !strings.Contains(said, want) {
					t.Errorf("%q lacks %q", said, want)
				}
			}
		})
	}
}

// openAsUser begins a run as the ledger's owner, who is not root, and returns what came of it.
func openAsUser(t *testing.T, dir string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		return fmt.Sprint(openAndBegin(dir))
	}
	ledgertest.OK(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, nobody, nobody)
	}))
	home := filepath.Dir(dir)
	ledgertest.OK(t, os.Chmod(home, 0o755))
	ledgertest.OK(t, os.Chmod(filepath.Dir(home), 0o755)) // TempDir's own
	program := filepath.Join(home, "program")
	from := ledgertest.Must[*os.File](t)(os.Open(ledgertest.Must[string](t)(os.Executable())))
	defer from.Close()
	to := ledgertest.Must[*os.File](t)(os.OpenFile(program, os.O_CREATE|os.O_WRONLY, 0o755))
	ledgertest.Must[int64](t)(io.Copy(to, from))
	ledgertest.OK(t, to.Close())
	cmd := osexec.Command(program)
	cmd.Dir = home
	cmd.Env = []string{"LEDGER_TEST_OPEN=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// TestOpenAPipe: a database or lock that is a named pipe is an error, and opening it does not wait for a writer.
func TestOpenAPipe(t *testing.T) {
	for _, name := range []string{"ledger.db", "lock"} {
		dir := filepath.Join(t.TempDir(), "ledger")
		ledgertest.OK(t, ledgertest.Must[*Ledger](t)(Open(Options{Dir: dir})).Close())
		path := filepath.Join(dir, name)
		ledgertest.OK(t, os.Remove(path))
		ledgertest.OK(t, syscall.Mkfifo(path, 0o600))
		want := path + ": it is a named pipe, not a regular file"
		if _, err := Open(Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("open: %v", err)
		}
		if name != "ledger.db" {
			continue
		}
		if _, err := Check(Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("check: %v", err)
		}
	}
}
