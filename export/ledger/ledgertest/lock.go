package ledgertest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

func closedLedger(t *world) {
	l := t.open()
	run := Begin(t, l, "run")
	tx := Plan(t, l, run)
	Must[int64](t)(tx.AddPart(export.Part{Name: "a.csv"}, []byte("a")))
	OK(t, l.Close())
	if files := t.spoolFiles(); len(files) != 0 {
		t.Errorf("closing left %v of an open plan", files)
	}
	_, err := l.BeginRun(export.RunRecord{})
	WantErr(t, err, "closed")
	_, err = l.Plan(run)
	WantErr(t, err, "closed")
	_, err = l.Unfinished()
	WantErr(t, err, "closed")
	OK(t, l.Close())
}

func lockInOneProcess(t *world) {
	one, two := t.open(), t.open()
	if Must[bool](t)(two.Busy()) {
		t.Error("busy before anything has run")
	}
	unlock := Must[func() error](t)(one.Lock("pid 1 on host a,\nhr2coupa\x1b[2J run"))
	if !Must[bool](t)(two.Busy()) {
		t.Error("not busy while a run holds the lock")
	}

	_, err := two.Lock("pid 2")
	locked, is := errors.AsType[*export.LockedError](err)
	if !is {
		t.Fatalf("error %v, want a LockedError", err)
	}
	if want := "pid 1 on host a, hr2coupa [2J run"; locked.Holder != want {
		t.Errorf("holder %q, want %q", locked.Holder, want)
	}
	OK(t, unlock())
	OK(t, unlock())
	if Must[bool](t)(two.Busy()) {
		t.Error("busy after the run")
	}
	unlock = Must[func() error](t)(two.Lock("pid 2"))
	_, err = one.Lock("pid 3")
	WantErr(t, err, "pid 2")
	OK(t, unlock())
	unlock = Must[func() error](t)(two.Lock(strings.Repeat("ä", 512)))
	_, err = one.Lock("pid 3")
	if locked, is = errors.AsType[*export.LockedError](err); !is || len(locked.Holder) >= 512 || !strings.HasPrefix(locked.Holder, "ää") {
		t.Errorf("a holder of %d characters was kept as %v", 512, err)
	}
	OK(t, unlock())
}

func lockDiesWithItsProcess(t *world) {
	l := t.open()
	other := holder(t)
	_, err := l.Lock("me")
	WantErr(t, err, "pid 4711 on host hr1, hr2coupa run, since 2026-11-24T02:00:00Z")
	other()
	unlock := Must[func() error](t)(l.Lock("me"))
	OK(t, unlock())
}

// holdEnv is the environment variable that makes the test program of a backend play the other program; see Main.
const holdEnv = "LEDGERTEST_HOLD"

// Main runs the tests of a backend. In a process of its own it also plays another program that holds the lock of a
// ledger.
func Main(m *testing.M, o Opener) (code int) {
	if dir := os.Getenv(holdEnv); dir != "" {
		return hold(o, dir)
	}
	return m.Run()
}

// holder starts a process that holds the lock and returns a function that kills it.
func holder(t *world) (kill func()) {
	t.Helper()
	cmd := osexec.Command(Must[string](t)(os.Executable()), "-test.run=^$")
	cmd.Env = append(os.Environ(), holdEnv+"="+t.dir)
	Must[io.WriteCloser](t)(cmd.StdinPipe())
	out := Must[io.ReadCloser](t)(cmd.StdoutPipe())
	OK(t, cmd.Start())
	kill = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "held\n" {
		t.Fatalf("the other process says %q, %v; do the tests of the backend begin with ledgertest.Main?", line, err)
	}
	return kill
}

// hold takes the lock, prints that it has it, and dies without releasing it when its input ends.
func hold(o Opener, dir string) int {
	l, err := o.Open(Place{Dir: dir, Now: time.Now})
	if err == nil {
		_, err = l.Lock("pid 4711 on host hr1, hr2coupa run, since 2026-11-24T02:00:00Z")
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}
