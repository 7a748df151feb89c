package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// blow is what happens to one call of a start.
type blow string

const (
	crashBefore blow = "crash before"
	crashHalf   blow = "crash half way" // a file is half written
	crashAfter  blow = "crash after"    // the call has done its work, and its answer was not seen
	failing     blow = "error"          // a disk that is full, a connection that breaks
	halfWritten blow = "error half way"
	refused     blow = "refused"    // the far end refuses
	lostReply   blow = "lost reply" // the call has done its work and returns an error
)

// kind is what sort of call a point is, which decides the blows that differ there.
type kind string

const (
	reading kind = "read"  // of the ledger: has no effect that could be lost
	writing kind = "write" // of the ledger
	onWires kind = "wire"
	sending kind = "send" // of a file's bytes over the wire
	ending  kind = "end"  // of a plan: it returns no error
)

// blows are those that make a world of their own. A crash before a call is the crash after the call before it, since
// nothing but memory changes between the two; and a crash after a read is the crash before it.
var blows = map[kind][]blow{
	reading: {failing},
	ending:  {crashAfter},
	writing: {crashAfter, failing, lostReply},
	onWires: {crashAfter, failing, refused, lostReply},
	sending: {crashHalf, crashAfter, failing, halfWritten, refused, lostReply},
}

// point is one call of a start, in order.
type point struct {
	name string
	kind kind
}

// hit is a blow to one call of a start, counted from 0; the zero value is none.
type hit struct {
	at   int
	blow blow
}

var (
	errDead = errors.New("this start is dead")
	errDisk = errors.New("no space left on device")
	errLine = &export.NotDeliveredError{What: export.Unreachable, Msg: "the connection broke"}
	errCall = errors.New("the answer broke off")
	errNo   = &export.NotDeliveredError{What: export.NoPermission, Msg: "the server says no"}
)

// tap stands between a job and everything it calls, names every call, and applies one blow to one of them. After a
// crash the start has no effect on anything any more, whatever it still tries.
type tap struct {
	points []point
	hit    hit
	struck func(crash bool)  // called at the blow: before the call goes on, or after it has worked
	seen   func(int)         // called before every call; may be nil
	asking func(what string) // called before the far end is asked about a part: Look, Ask
	dead   bool
}

// meet counts a call and returns the blow to it.
func (t *tap) meet(k kind, format string, args ...any) blow {
	p := point{fmt.Sprintf(format, args...), k}
	i := len(t.points)
	t.points = append(t.points, p)
	if t.seen != nil && !t.dead {
		t.seen(i)
	}
	if t.hit.blow != "" && i == t.hit.at {
		return t.hit.blow
	}
	return ""
}

// pass makes a call of the ledger or the wire, or does what the blow says instead.
func (t *tap) pass(b blow, broken, no error, deed func() error) error {
	if t.dead {
		return errDead
	}
	switch b {
	case "":
		return deed()
	case crashBefore:
		return t.crash()
	case failing:
		t.struck(false)
		return broken
	case refused:
		t.struck(false)
		return no
	}
	err := deed()
	switch b {
	case crashAfter, crashHalf:
		return t.crash()
	case halfWritten:
		t.struck(false)
		return broken
	case lostReply:
		t.struck(false)
		return broken
	}
	return err
}

func (t *tap) crash() error {
	t.dead = true
	t.struck(true)
	return errDead
}

func (t *tap) read(name string, deed func() error) error {
	return t.pass(t.meet(reading, "%s", name), errDisk, nil, deed)
}

func (t *tap) write(name string, deed func() error) error {
	return t.pass(t.meet(writing, "%s", name), errDisk, nil, deed)
}

// wire is a call over the wire; no is how the far end refuses it.
func (t *tap) wire(name string, broken, no error, deed func() error) error {
	b := t.meet(onWires, "%s", name)
	if what, _, _ := strings.Cut(name, " "); !t.dead && (what == "Ask" || what == "Look") {
		t.asking(what)
	}
	return t.pass(b, broken, no, deed)
}

// send is a call that sends a file; with half the deed sends only half of it.
func (t *tap) send(name string, deed func(half bool) error) error {
	b := t.meet(sending, "%s", name)
	return t.pass(b, errLine, errNo, func() error { return deed(b == crashHalf || b == halfWritten) })
}

// short returns the part of a name that differs within a batch.
func short(name string) string {
	return strings.TrimSuffix(name[strings.LastIndex(name, "_")+1:], ".csv")
}

// tappedStore is a ledger behind a tap. It embeds nothing: a new call of the ledger is a new point or does not compile.
type tappedStore struct {
	*tap
	under wiring.Store
}

func get[T any](t *tap, name string, f func() (T, error)) (v T, err error) {
	err = t.read(name, func() (err error) { v, err = f(); return err })
	if err != nil {
		var none T
		return none, err
	}
	return v, nil
}

func (s *tappedStore) Known() (*baseline.KnownPeople, error) {
	return get(s.tap, "Known", s.under.Known)
}

func (s *tappedStore) People() (int, error)   { return get(s.tap, "People", s.under.People) }
func (s *tappedStore) LastFeed() (int, error) { return get(s.tap, "LastFeed", s.under.LastFeed) }

func (s *tappedStore) LineEnds() ([]export.FeedFile, error) {
	return get(s.tap, "LineEnds", s.under.LineEnds)
}

func (s *tappedStore) OvertakenSince(name, sum string) (map[string]bool, error) {
	return get(s.tap, "OvertakenSince", func() (map[string]bool, error) { return s.under.OvertakenSince(name, sum) })
}

func (s *tappedStore) Committed(since time.Time, kinds export.ChangeKinds, f func(run, key string, kinds export.ChangeKinds, names []string)) error {
	return s.read("Committed", func() error { return s.under.Committed(since, kinds, f) })
}

func (s *tappedStore) PlannedFiles() ([]export.FeedFile, error) {
	return get(s.tap, "PlannedFiles", s.under.PlannedFiles)
}

func (s *tappedStore) LateFiles() ([]export.LateFile, error) {
	return get(s.tap, "LateFiles", s.under.LateFiles)
}

func (s *tappedStore) Roll() (*ledger.Roll, error) { return get(s.tap, "Roll", s.under.Roll) }

func (s *tappedStore) PassOver(files []export.LateFile) error {
	return s.write("PassOver", func() error { return s.under.PassOver(files) })
}

func (s *tappedStore) Water(since time.Time) (export.Water, error) {
	return get(s.tap, "Water", func() (export.Water, error) { return s.under.Water(since) })
}

func (s *tappedStore) Unknown(names []string) ([]string, error) {
	return get(s.tap, "Unknown", func() ([]string, error) { return s.under.Unknown(names) })
}

func (s *tappedStore) Waiting() (*baseline.Waiting, error) {
	return get(s.tap, "Waiting", s.under.Waiting)
}

func (s *tappedStore) Kept() (k *ledger.Kept, ok bool, err error) {
	err = s.read("Kept", func() (err error) { k, ok, err = s.under.Kept(); return err })
	return k, ok, err
}

func (s *tappedStore) Dated() ([]export.DatedRecord, error) {
	return get(s.tap, "Dated", s.under.Dated)
}

func (s *tappedStore) Keeps(run string) (bool, error) {
	return get(s.tap, "Keeps", func() (bool, error) { return s.under.Keeps(run) })
}

func (s *tappedStore) Approvals(now time.Time) ([]export.Approval, error) {
	return get(s.tap, "Approvals", func() ([]export.Approval, error) { return s.under.Approvals(now) })
}

func (s *tappedStore) Planners(run string) ([]export.Operator, error) {
	return get(s.tap, "Planners", func() ([]export.Operator, error) { return s.under.Planners(run) })
}

func (s *tappedStore) UsedBy(run string) ([]export.Approval, error) {
	return get(s.tap, "UsedBy", func() ([]export.Approval, error) { return s.under.UsedBy(run) })
}

func (s *tappedStore) Working() ([]export.RunRecord, error) {
	return get(s.tap, "Working", s.under.Working)
}

func (s *tappedStore) RunsSince(t time.Time) ([]export.RunRecord, error) {
	return get(s.tap, "RunsSince", func() ([]export.RunRecord, error) { return s.under.RunsSince(t) })
}

func (s *tappedStore) SentSince(run string) (map[string]bool, error) {
	return get(s.tap, "SentSince", func() (map[string]bool, error) { return s.under.SentSince(run) })
}

func (s *tappedStore) Taken(run string, f func(export.RowResult) error) error {
	return s.read("Taken", func() error { return s.under.Taken(run, f) })
}

func (s *tappedStore) Unfinished() ([]export.Part, error) {
	return get(s.tap, "Unfinished", s.under.Unfinished)
}

func (s *tappedStore) Parts(run string) ([]export.Part, error) {
	return get(s.tap, "Parts", func() ([]export.Part, error) { return s.under.Parts(run) })
}

func (s *tappedStore) Bytes(p export.Part) ([]byte, error) {
	return get(s.tap, "Bytes "+short(p.Name), func() ([]byte, error) { return s.under.Bytes(p) })
}

func (s *tappedStore) Counts(run string) (map[export.Outcome]int, error) {
	return get(s.tap, "Counts", func() (map[export.Outcome]int, error) { return s.under.Counts(run) })
}

func (s *tappedStore) Run(id string) (r export.RunRecord, ok bool, err error) {
	err = s.read("Run", func() (err error) { r, ok, err = s.under.Run(id); return err })
	return r, ok, err
}

func (s *tappedStore) Seen(name string) (f export.SeenFile, ok bool, err error) {
	err = s.read("Seen "+name, func() (err error) { f, ok, err = s.under.Seen(name); return err })
	return f, ok, err
}

func (s *tappedStore) SeenAt(path string) (f export.SeenFile, ok bool, err error) {
	err = s.read("SeenAt", func() (err error) { f, ok, err = s.under.SeenAt(path); return err })
	return f, ok, err
}

func (s *tappedStore) SeenBytes(sum string) (f export.SeenFile, ok bool, err error) {
	err = s.read("SeenBytes", func() (err error) { f, ok, err = s.under.SeenBytes(sum); return err })
	return f, ok, err
}

func (s *tappedStore) PartRows(part int64, f func(export.RowResult) error) error {
	return s.read("PartRows", func() error { return s.under.PartRows(part, f) })
}

func (s *tappedStore) Rows(run string, f func(export.RowResult) error) error {
	return s.read("Rows", func() error { return s.under.Rows(run, f) })
}

func (s *tappedStore) Sweep() (n int, err error) {
	err = s.write("Sweep", func() (err error) { n, err = s.under.Sweep(); return err })
	return n, err
}

func (s *tappedStore) BeginRun(r export.RunRecord) (begun export.RunRecord, err error) {
	err = s.write("BeginRun", func() (err error) { begun, err = s.under.BeginRun(r); return err })
	return begun, err
}

func (s *tappedStore) EndRun(r export.RunRecord) error {
	return s.write("EndRun "+string(r.State), func() error { return s.under.EndRun(r) })
}

func (s *tappedStore) Move(p export.Part) error {
	return s.write(fmt.Sprintf("Move %s %s", short(p.Name), p.State), func() error { return s.under.Move(p) })
}

func (s *tappedStore) Settle(p export.Part, rest export.Outcome, rows []export.RowResult) error {
	return s.write(fmt.Sprintf("Settle %s %s", short(p.Name), p.Verdict), func() error { return s.under.Settle(p, rest, rows) })
}

func (s *tappedStore) Writes(part int64) (map[int]export.Write, error) {
	return get(s.tap, "Writes", func() (map[int]export.Write, error) { return s.under.Writes(part) })
}

func (s *tappedStore) Logins(f func(string)) error {
	_, err := get(s.tap, "Logins", func() (struct{}, error) { return struct{}{}, s.under.Logins(f) })
	return err
}

func (s *tappedStore) BeginWrite(w export.Write) error {
	return s.write(fmt.Sprintf("BeginWrite %d", w.PartRow), func() error { return s.under.BeginWrite(w) })
}

func (s *tappedStore) EndWrite(w export.Write, r export.RowResult) error {
	return s.write(fmt.Sprintf("EndWrite %s %s", r.Key, r.Outcome), func() error { return s.under.EndWrite(w, r) })
}

func (s *tappedStore) Unfilled() ([]export.Unfilled, error) {
	return get(s.tap, "Unfilled", s.under.Unfilled)
}

func (s *tappedStore) Filled(u export.Unfilled, says string) error {
	return s.write("Filled "+u.CoupaID, func() error { return s.under.Filled(u, says) })
}

func (s *tappedStore) KeyMark() (string, error) { return get(s.tap, "KeyMark", s.under.KeyMark) }

func (s *tappedStore) Baselines() (*baseline.Store, error) {
	return get(s.tap, "Baselines", s.under.Baselines)
}

func (s *tappedStore) NewKey(mark, by string) error {
	return s.write("NewKey", func() error { return s.under.NewKey(mark, by) })
}

func (s *tappedStore) ForgetBaselines() error {
	return s.write("ForgetBaselines", s.under.ForgetBaselines)
}

func (s *tappedStore) Confirm(part int64, people []export.Confirmed) error {
	return s.write("Confirm", func() error { return s.under.Confirm(part, people) })
}

func (s *tappedStore) Verified(p export.Part, rows []export.RowResult) error {
	return s.write("Verified "+short(p.Name), func() error { return s.under.Verified(p, rows) })
}

func (s *tappedStore) Plan(run string) (export.PlanTx, error) {
	var tx export.PlanTx
	if err := s.write("Plan", func() (err error) { tx, err = s.under.Plan(run); return err }); err != nil {
		if tx != nil && !s.dead {
			tx.Rollback() // its reply was lost: no other code can end it
		}
		return nil, err
	}
	return &tappedTx{s.tap, tx}, nil
}

// Close is no point: a start that ends before it has closed its ledger is one that ends after its last call.
func (s *tappedStore) Close() error { return s.under.Close() }

type tappedTx struct {
	*tap
	under export.PlanTx
}

func (x *tappedTx) AddPart(p export.Part, data []byte) (id int64, err error) {
	err = x.write("AddPart", func() (err error) { id, err = x.under.AddPart(p, data); return err })
	return id, err
}

func (x *tappedTx) NamePart(id int64, name string) error {
	return x.write("NamePart "+short(name), func() error { return x.under.NamePart(id, name) })
}

func (x *tappedTx) AddRow(r export.RowResult) error {
	return x.write("AddRow "+r.Key, func() error { return x.under.AddRow(r) })
}

func (x *tappedTx) Keep(r export.KeptRecord) error {
	return x.write("Keep "+r.Values[0], func() error { return x.under.Keep(r) })
}

func (x *tappedTx) Restart() error {
	return x.write("Restart", func() error { return x.under.Restart() })
}

func (x *tappedTx) Commit(sum export.PlanSum) error {
	return x.write("Commit of the plan", func() error { return x.under.Commit(sum) })
}

func (x *tappedTx) Rollback() {
	_ = x.pass(x.meet(ending, "Rollback"), nil, nil, func() error { x.under.Rollback(); return nil })
}

// tappedSession is a session behind a tap. A blow breaks its connection.
type tappedSession struct {
	*tap
	under export.Session
}

func (t *tap) dial(dial func(context.Context) (export.Session, error)) func(context.Context) (export.Session, error) {
	return func(ctx context.Context) (export.Session, error) {
		var s export.Session
		if err := t.wire("dial", errLine, errNo, func() (err error) { s, err = dial(ctx); return err }); err != nil {
			if s != nil {
				s.Close()
			}
			return nil, err
		}
		return &tappedSession{t, s}, nil
	}
}

func (s *tappedSession) broken(err error) error {
	if err != nil && !errors.Is(err, export.ErrExists) && !errors.Is(err, export.ErrGone) {
		s.under.Close()
	}
	return err
}

func (s *tappedSession) Temp(name string) string { return s.under.Temp(name) }
func (s *tappedSession) Close() error            { return s.under.Close() }

func (s *tappedSession) Stage(ctx context.Context, name string, data []byte) error {
	return s.broken(s.send("Stage "+short(name), func(half bool) error {
		if half {
			data = data[:len(data)/2]
		}
		return s.under.Stage(ctx, name, data)
	}))
}

func (s *tappedSession) Write(ctx context.Context, name string, data []byte) error {
	return s.broken(s.send("Write "+short(name), func(half bool) error {
		if half {
			data = data[:len(data)/2]
		}
		return s.under.Write(ctx, name, data)
	}))
}

func (s *tappedSession) Commit(ctx context.Context, name, temp string) error {
	return s.broken(s.wire("Commit "+short(name), errLine, errNo, func() error { return s.under.Commit(ctx, name, temp) }))
}

func (s *tappedSession) Look(ctx context.Context, name string) (seen export.Sighting, err error) {
	err = s.wire("Look "+short(name), errLine, errNo, func() (err error) { seen, err = s.under.Look(ctx, name); return err })
	return seen, s.broken(err)
}

// tappedUsers is Coupa's list of users behind a tap.
type tappedUsers struct {
	*tap
	under export.Directory
}

func (s *tappedUsers) Find(ctx context.Context, by export.Element, values []string, want []export.Element) (found []export.User, err error) {
	err = s.wire("Find "+strings.Join(values, ","), errCall, errNo, func() (err error) { found, err = s.under.Find(ctx, by, values, want); return err })
	if err != nil {
		return nil, err
	}
	return found, nil
}

func (s *tappedUsers) Update(ctx context.Context, id string, cells []export.ElementCell) (u export.User, err error) {
	err = s.wire("Update "+id, errCall, errNo, func() (err error) { u, err = s.under.Update(ctx, id, cells); return err })
	if err != nil {
		return export.User{}, err
	}
	return u, nil
}

func (s *tappedUsers) Create(ctx context.Context, cells []export.ElementCell) (u export.User, err error) {
	err = s.wire("Create", errCall, errNo, func() (err error) { u, err = s.under.Create(ctx, cells); return err })
	if err != nil {
		return export.User{}, err
	}
	return u, nil
}

// tappedSource is a source of verdicts behind a tap.
type tappedSource struct {
	*tap
	under export.LoadSource
}

func (s *tappedSource) Via() string { return s.under.Via() }

func (s *tappedSource) Check(ctx context.Context) error {
	return s.wire("Check", errLine, errNo, func() error { return s.under.Check(ctx) })
}

func (s *tappedSource) Ask(ctx context.Context, q export.LoadQuery) (l *export.Load, err error) {
	err = s.wire("Ask "+short(q.Name), errors.New("the answer broke off"), errNo, func() (err error) { l, err = s.under.Ask(ctx, q); return err })
	if err != nil {
		return nil, err
	}
	return l, nil
}
