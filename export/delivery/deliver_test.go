package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

var (
	errWire    = fmt.Errorf("read: %w", io.ErrUnexpectedEOF)
	errSilent  = &export.NotDeliveredError{What: export.NoAnswer, Msg: "no answer for a minute"}
	errRefused = &export.NotDeliveredError{What: export.NoLogin, Msg: "refused for user hr; check sftp.password"}
)

func done() *source { return &source{via: "api", answer: always("done")} }

const delivered = "a staged, a renaming, a delivered, a settled"

// TestDeliver delivers one part with every kind of fault on the way.
func TestDeliver(t *testing.T) {
	for _, c := range []struct {
		name    string
		faults  map[string][]error
		before  func(*rig)
		state   export.PartState
		moves   string
		dials   int
		took    time.Duration
		arrived int
		refused string // Obstacle of the NotDeliveredError
	}{
		{name: "clean", state: export.Settled, moves: delivered, dials: 1, arrived: 1},
		{name: "writing breaks twice", faults: map[string][]error{"stage": {errWire, errWire}}, state: export.Settled, moves: delivered,
			dials: 3, took: 17 * time.Second, arrived: 1},
		{name: "the answer to the last write is lost", faults: map[string][]error{"staged": {errWire}}, state: export.Settled, moves: delivered,
			dials: 2, took: 2 * time.Second, arrived: 1},
		{name: "writing breaks every time", faults: map[string][]error{"stage": {errWire, errWire, errWire, errWire}}, state: export.Planned,
			dials: 3, took: 17 * time.Second, refused: "connection"},
		{name: "renaming breaks", faults: map[string][]error{"commit": {errWire}}, state: export.Settled, moves: delivered,
			dials: 2, took: 2 * time.Second, arrived: 1},
		{name: "the answer to the rename is lost", faults: map[string][]error{"committed": {errWire}}, state: export.Settled, moves: delivered,
			dials: 2, took: 2 * time.Second, arrived: 1},
		{name: "renaming breaks every time", faults: map[string][]error{"commit": {errWire, errWire, errWire}}, state: export.Renaming,
			moves: "a staged, a renaming", dials: 3, took: 17 * time.Second, refused: "connection"},
		{name: "the login is refused", faults: map[string][]error{"dial": {errRefused}}, state: export.Planned, dials: 1, refused: "login"},
		{name: "writing is refused", faults: map[string][]error{"stage": {fmt.Errorf("stage: %w", errRefused)}}, state: export.Planned,
			dials: 1, refused: "login"},
		{name: "renaming is refused", faults: map[string][]error{"commit": {errRefused}}, state: export.Renaming,
			moves: "a staged, a renaming", dials: 1, refused: "login"},
		{name: "the server falls silent", faults: map[string][]error{"stage": {errSilent}, "commit": {errSilent}}, state: export.Settled,
			moves: delivered, dials: 3, took: 17 * time.Second, arrived: 1},
		{name: "refused after a break: not tried a third time", faults: map[string][]error{"stage": {errWire}, "dial": {nil, errRefused}},
			state: export.Planned, dials: 2, took: 2 * time.Second, refused: "login"},
		{name: "the name is taken", before: func(g *rig) { g.server.folder["a"] = 7 }, state: export.InDoubt,
			moves: "a staged, a renaming, a in doubt", dials: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newRig(done())
				g.part("a", 1)
				if c.faults != nil {
					g.server.faults = c.faults
				}
				if c.before != nil {
					c.before(g)
				}
				began := time.Now()
				r := g.mustDrive(t)
				g.want(t, "a", c.state)
				g.wantMoves(t, c.moves)
				if g.server.dials != c.dials || time.Since(began) != c.took || g.server.arrived["a"] != c.arrived {
					t.Errorf("%d dials, %s, %d files; want %d, %s, %d", g.server.dials, time.Since(began), g.server.arrived["a"], c.dials, c.took, c.arrived)
				}
				var not *export.NotDeliveredError
				if errors.As(r.Undelivered(), &not) != (c.refused != "") || not != nil && not.What.String() != c.refused {
					t.Errorf("undelivered: %v, want %q", r.Undelivered(), c.refused)
				}
				if g.server.closed > g.server.dials {
					t.Error("a session is closed twice")
				}
			})
		})
	}
}

// TestDeliverKeepsOneLine: parts are sent one after another over one connection, and each part records its temporary.
func TestDeliverKeepsOneLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(done())
		for _, name := range []string{"c", "a", "b"} {
			g.part(name, 1)
		}
		g.mustDrive(t)
		if g.server.dials != 1 || g.server.closed != 1 {
			t.Errorf("%d dials, %d closed", g.server.dials, g.server.closed)
		}
		if p := g.ledger.parts["b"]; p.Temp != "/staging/b" || p.Sent.IsZero() {
			t.Errorf("receipt %q, sent %s", p.Temp, p.Sent)
		}
		g.wantMoves(t, "a staged, a renaming, a delivered, b staged, b renaming, b delivered, c staged, c renaming, c delivered, "+
			"a settled, b settled, c settled")
	})
}

// TestRefusedLoginIsTriedOnce: accounts lock, so later parts, waves and runs of one start do not log in again. Parts
// that were sent before are still awaited.
func TestRefusedLoginIsTriedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(done())
		g.part("a", 1)
		g.part("b", 1)
		g.part("c", 2)
		g.part("d", 1)
		g.set("d", func(p *export.Part) { p.Run = "2" })
		g.server.faults["stage"] = []error{nil, errRefused}
		r := g.mustDrive(t)
		if g.server.dials != 1 || !errors.Is(r.Undelivered(), errRefused) {
			t.Errorf("%d dials, undelivered: %v", g.server.dials, r.Undelivered())
		}
		g.want(t, "a", export.Settled)
		for _, name := range []string{"b", "c", "d"} {
			g.want(t, name, export.Planned)
		}
	})
}

// TestFaultThatIsNobodys: an error that is neither the connection's nor a refusal is not retried and ends the run.
func TestFaultThatIsNobodys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(done())
		g.part("a", 1)
		strange := errors.New("a bug")
		g.server.faults["dial"] = []error{strange}
		if r, err := g.drive(t.Context()); !errors.Is(err, strange) || r.Undelivered() != nil {
			t.Errorf("got %v, undelivered %v", err, r.Undelivered())
		}
		if g.server.dials != 1 {
			t.Errorf("%d dials", g.server.dials)
		}
	})
}

// TestLedgerThatCannotWrite: after a move that could not be recorded nothing is done, and the next start goes on from
// what is recorded.
func TestLedgerThatCannotWrite(t *testing.T) {
	full := errors.New("disk full")
	for at, stays := range map[export.PartState]export.PartState{
		export.Staged: export.Planned, export.Renaming: export.Staged, export.Delivered: export.Renaming, export.Settled: export.Delivered,
	} {
		synctest.Test(t, func(t *testing.T) {
			g := newRig(done())
			g.part("a", 1)
			g.ledger.fail = func(p export.Part) error {
				if p.State == at {
					return full
				}
				return nil
			}
			if _, err := g.drive(t.Context()); !errors.Is(err, full) {
				t.Errorf("%s: got %v", at, err)
			}
			g.want(t, "a", stays)
			if n := g.server.arrived["a"]; n != 0 && (at == export.Staged || at == export.Renaming) {
				t.Errorf("%s was not recorded, and the file was sent all the same", at)
			}
			g.ledger.fail = nil
			g.mustDrive(t)
			g.want(t, "a", export.Settled)
			if n := g.server.arrived["a"]; n != 1 {
				t.Errorf("%s: sent %d times", at, n)
			}
		})
	}
}

// TestResume begins a run at every state in which a crash may leave a part, with the far end as it then is.
func TestResume(t *testing.T) {
	for _, c := range []struct {
		name  string
		state export.PartState
		there func(*sftpd) // what the server has
		ends  export.PartState
		sent  int // files sent by this run
		asked bool
	}{
		{"planned", export.Planned, nil, export.Settled, 1, true},
		{"planned, half a temporary is there", export.Planned, func(d *sftpd) { d.temps["a"] = 3 }, export.Settled, 1, true},
		{"staged", export.Staged, func(d *sftpd) { d.temps["a"] = 100 }, export.Settled, 1, true},
		{"staged, and renamed unrecorded", export.Staged, func(d *sftpd) { d.folder["a"] = 100 }, export.Settled, 0, true},
		{"renaming, not done", export.Renaming, func(d *sftpd) { d.temps["a"] = 100 }, export.Settled, 1, true},
		{"renaming, done", export.Renaming, func(d *sftpd) { d.folder["a"] = 100 }, export.Settled, 0, true},
		{"renaming, done and picked up", export.Renaming, func(d *sftpd) { d.archive["a"] = 100 }, export.Settled, 0, true},
		{"renaming, a stranger has the name", export.Renaming, func(d *sftpd) { d.temps["a"], d.folder["a"] = 100, 7 }, export.InDoubt, 0, false},
		{"delivered", export.Delivered, nil, export.Settled, 0, true},
		{"loading", export.Loading, nil, export.Settled, 0, true},
		{"stalled", export.Stalled, nil, export.Settled, 0, true},
		{"in doubt: a person decides", export.InDoubt, nil, export.InDoubt, 0, false},
		{"settled", export.Settled, nil, export.Settled, 0, false},
		{"dropped", export.Dropped, nil, export.Dropped, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := done()
				g := newRig(src)
				g.part("a", 1)
				g.set("a", func(p *export.Part) {
					if p.State, p.Sent = c.state, time.Now(); c.state != export.Planned {
						p.Temp = "/staging/a"
					}
				})
				if c.there != nil {
					c.there(g.server)
				}
				g.mustDrive(t)
				g.want(t, "a", c.ends)
				if g.server.arrived["a"] != c.sent || len(src.asked) > 0 != c.asked {
					t.Errorf("sent %d times, asked %d times; want %d, asked %v", g.server.arrived["a"], len(src.asked), c.sent, c.asked)
				}
			})
		})
	}
}

// TestResumeElsewhere: a temporary is not looked for in another folder than it was written to. There it would always be
// missing, and the part would count as delivered.
func TestResumeElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(done())
		g.part("a", 1)
		g.set("a", func(p *export.Part) { p.State, p.Temp = export.Renaming, "/elsewhere/a" })
		r := g.mustDrive(t)
		g.want(t, "a", export.Renaming)
		if err := r.Undelivered(); err == nil || !strings.Contains(err.Error(), "/elsewhere/a") || !strings.Contains(err.Error(), "sftp.staging") {
			t.Errorf("undelivered: %v, want both where it was and what to set", err)
		}
	})
}

var errSignal = errors.New("interrupted by a signal")

// TestInterruptedAnywhere: a run is cancelled before and after each operation of the far end. It returns the cause, and
// the next start finishes with every file sent exactly once.
func TestInterruptedAnywhere(t *testing.T) {
	points := 0
	for stop := 1; !t.Failed(); stop++ {
		interrupted := false
		synctest.Test(t, func(t *testing.T) {
			g := newRig(&source{via: "api", answer: since(time.Minute, "loading", "done")})
			g.part("a", 1)
			g.part("b", 1)
			g.part("c", 2)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			n := 0
			g.server.point = func(string) {
				if n++; n == stop {
					cancel(errSignal)
				}
			}
			_, err := g.drive(ctx)
			if interrupted = ctx.Err() != nil; interrupted && !errors.Is(err, errSignal) {
				t.Errorf("point %d: got %v, want the cause", stop, err)
			}
			g.server.point = nil
			g.mustDrive(t)
			for _, name := range []string{"a", "b", "c"} {
				g.want(t, name, export.Settled)
				if g.server.arrived[name] != 1 {
					t.Errorf("point %d: part %s was sent %d times", stop, name, g.server.arrived[name])
				}
			}
		})
		if !interrupted {
			break
		}
		points++
	}
	if points < 12 {
		t.Errorf("only %d points were met", points)
	}
}

// TestInterruptedWhileWaiting: cancelling ends a wait at once and changes nothing.
func TestInterruptedWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(&source{via: "api"})
		g.part("a", 1)
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Minute+time.Second, func() { cancel(errSignal) })
		began := time.Now()
		if _, err := g.drive(ctx); !errors.Is(err, errSignal) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took != time.Minute+time.Second {
			t.Errorf("took %s", took)
		}
		g.want(t, "a", export.Delivered)
	})
}
