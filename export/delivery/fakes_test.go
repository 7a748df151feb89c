package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/delivery"
	"github.com/hr2coupa/hr2coupa/export/exporttest"
)

// memory is the part of a ledger that the Runner needs.
type memory struct {
	parts map[string]export.Part
	rows  map[string][]export.RowResult
	moves []string
	fail  func(export.Part) error
}

func (m *memory) Move(p export.Part) error {
	was := m.parts[p.Name]
	if was.State != p.State {
		if _, err := was.State.To(p.State); err != nil {
			return err
		}
		m.moves = append(m.moves, fmt.Sprintf("%s %s", p.Name, p.State))
	}
	if m.fail != nil {
		if err := m.fail(p); err != nil {
			return err
		}
	}
	m.parts[p.Name] = p
	return nil
}

func (m *memory) Settle(p export.Part, rest export.Outcome, results []export.RowResult) error {
	if err := m.Move(p); err != nil {
		return err
	}
	rows := m.rows[p.Name]
	for i := range rows {
		rows[i].Outcome, rows[i].Faults = rest, nil
	}
	for _, r := range results {
		rows[r.PartRow-1] = r
	}
	return nil
}

func (m *memory) Bytes(p export.Part) ([]byte, error) { return make([]byte, p.Size), nil }

func (m *memory) PartRows(part int64, f func(export.RowResult) error) error {
	for name, p := range m.parts {
		if p.ID == part {
			for _, r := range m.rows[name] {
				if err := f(r); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (*memory) Writes(int64) (map[int]export.Write, error) { return nil, nil }

// sftpd is the far end of the delivery: the files in each folder, how often each name came into the drop folder, and
// faults to order. Each fault happens once: stage, commit, write before the operation; "staged", "committed", "written"
// after it, when only the answer is lost.
type sftpd struct {
	temps, folder, archive map[string]int64
	arrived                map[string]int
	faults                 map[string][]error
	dials, closed          int
	point                  func(what string) // called before and after every operation
}

func (d *sftpd) meet(ctx context.Context, what string) error {
	if d.point != nil {
		d.point(what)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if f := d.faults[what]; len(f) > 0 {
		d.faults[what] = f[1:]
		return f[0]
	}
	return nil
}

func (d *sftpd) dial(ctx context.Context) (export.Session, error) {
	d.dials++
	if err := d.meet(ctx, "dial"); err != nil {
		return nil, err
	}
	return &session{sftpd: d}, nil
}

type session struct {
	*sftpd
	broken bool
}

// do applies the ordered faults around an operation. A session that has failed once must not be used again.
func (s *session) do(ctx context.Context, before, after string, deed func() error) error {
	if s.broken {
		panic("a broken session is used")
	}
	err := s.meet(ctx, before)
	if err == nil {
		if err = deed(); err == nil {
			err = s.meet(ctx, after)
		}
	}
	s.broken = err != nil && !errors.Is(err, export.ErrExists) && !errors.Is(err, export.ErrGone)
	return err
}

func (s *session) Temp(name string) string { return "/staging/" + name }

func (s *session) Stage(ctx context.Context, name string, data []byte) error {
	return s.do(ctx, "stage", "staged", func() error { s.temps[name] = int64(len(data)); return nil })
}

func (s *session) Commit(ctx context.Context, name, temp string) error {
	if temp != s.Temp(name) {
		return &export.NotDeliveredError{What: export.WrongStaging, Msg: "written to " + temp + ", sftp.staging means " + s.Temp(name)}
	}
	return s.do(ctx, "commit", "committed", func() error {
		size, ok := s.temps[name]
		if !ok {
			return export.ErrGone
		}
		if _, ok := s.folder[name]; ok {
			return export.ErrExists
		}
		delete(s.temps, name)
		s.folder[name] = size
		s.arrived[name]++
		return nil
	})
}

func (s *session) Write(ctx context.Context, name string, data []byte) error {
	return s.do(ctx, "write", "written", func() error {
		s.folder[name] = int64(len(data))
		s.arrived[name]++
		return nil
	})
}

func (s *session) Look(ctx context.Context, name string) (at export.Sighting, err error) {
	err = s.do(ctx, "look", "looked", func() error {
		at.TempSize, at.Temp = s.temps[name]
		at.Size, at.Folder = s.folder[name]
		_, at.Archived = s.archive[name]
		return nil
	})
	return at, err
}

func (s *session) Close() error { s.closed++; return nil }

// source is one way of asking, answered by a function; with nil it knows no load.
type source struct {
	via    string
	check  error
	answer func(q export.LoadQuery) (*export.Load, error)
	asked  []time.Time
	for_   []export.LoadQuery
}

func (s *source) Via() string                 { return s.via }
func (s *source) Check(context.Context) error { return s.check }

func (s *source) Ask(_ context.Context, q export.LoadQuery) (*export.Load, error) {
	s.asked, s.for_ = append(s.asked, time.Now()), append(s.for_, q)
	if s.answer == nil {
		return nil, nil
	}
	l, err := s.answer(q)
	if l != nil {
		l.Via = s.via
	}
	return l, err
}

// always returns a load of that status for every question.
func always(status string) func(export.LoadQuery) (*export.Load, error) {
	return func(export.LoadQuery) (*export.Load, error) { return exporttest.Load(status, nil), nil }
}

// since returns a load of status after once d has passed since the first question, and of status before until then.
func since(d time.Duration, before, after string) func(export.LoadQuery) (*export.Load, error) {
	var first time.Time
	return func(export.LoadQuery) (*export.Load, error) {
		if first.IsZero() {
			first = time.Now()
		}
		if status := after; time.Since(first) >= d {
			return exporttest.Load(status, nil), nil
		}
		return exporttest.Load(before, nil), nil
	}
}

const (
	poll   = 15 * time.Second
	pickup = 15 * time.Minute
	wait   = 2 * time.Hour
)

// rig joins a Runner to a ledger in memory and a far end.
type rig struct {
	ledger  *memory
	server  *sftpd
	sources []*source
	change  func(*delivery.Runner)
}

func newRig(sources ...*source) *rig {
	return &rig{
		ledger: &memory{parts: map[string]export.Part{}, rows: map[string][]export.RowResult{}},
		server: &sftpd{
			temps: map[string]int64{}, folder: map[string]int64{}, archive: map[string]int64{},
			arrived: map[string]int{}, faults: map[string][]error{},
		},
		sources: sources,
	}
}

// part plans a part of three rows.
func (g *rig) part(name string, wave int) {
	g.ledger.parts[name] = export.Part{
		ID: int64(len(g.ledger.parts) + 1), Run: "1", Name: name, Wave: wave, Rows: 3, Size: 100,
		State: export.Planned, Planned: time.Now(), Created: -1, Updated: -1,
	}
	g.ledger.rows[name] = partRows(name+"1", name+"2", name+"3")
}

func (g *rig) set(name string, change func(*export.Part)) {
	p := g.ledger.parts[name]
	change(&p)
	g.ledger.parts[name] = p
}

// runner returns the Runner of a new start of the program on the same ledger and server.
func (g *rig) runner() *delivery.Runner {
	log := logrus.New()
	log.Out = io.Discard
	r := &delivery.Runner{
		Ledger: g.ledger, Dial: g.server.dial, Poll: poll, Pickup: pickup, Wait: wait, Now: time.Now, Log: log,
	}
	for _, s := range g.sources {
		r.Loads = append(r.Loads, s)
	}
	if g.change != nil {
		g.change(r)
	}
	return r
}

// drive has a new start go on with every part that is not final.
func (g *rig) drive(ctx context.Context) (*delivery.Runner, error) {
	r := g.runner()
	var parts []export.Part
	for _, p := range g.ledger.parts {
		if !p.State.Final() {
			parts = append(parts, p)
		}
	}
	delivery.SortParts(parts)
	return r, r.Drive(ctx, parts)
}

func (g *rig) mustDrive(t *testing.T) *delivery.Runner {
	t.Helper()
	r, err := g.drive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (g *rig) want(t *testing.T, name string, state export.PartState, note ...string) {
	t.Helper()
	p := g.ledger.parts[name]
	if p.State != state {
		t.Errorf("part %s is %s, want %s (moves: %s)", name, p.State, state, strings.Join(g.ledger.moves, ", "))
	}
	for _, n := range note {
		if !strings.Contains(p.Notes.Text()+" / hint: "+p.Notes.Hint(), n) {
			t.Errorf("the note of part %s is %q and lacks %q", name, p.Notes.Text(), n)
		}
	}
}

func (g *rig) wantMoves(t *testing.T, want string) {
	t.Helper()
	if got := strings.Join(g.ledger.moves, ", "); got != want {
		t.Errorf("moves: %s\nwant:  %s", got, want)
	}
}
