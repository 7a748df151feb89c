package sqlite

import (
	"errors"
	"fmt"
	"slices"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// planTx is one open plan. One goroutine uses it at a time.
type planTx struct {
	l      *Ledger
	c      *sqlite.Conn // the ledger's writing connection, ours until Commit or Rollback
	run    string
	num    int64
	row    *sqlite.Stmt
	files  *ledger.Syncer
	kept   *ledger.KeptWriter // nil while nothing is kept
	gone   []replaced         // what earlier plans kept and newer records replace
	parts  []int64            // in the order they came
	names  map[int64]string   // written at Commit, since they may change until then
	source map[string]int64

	lists   ledger.RowWriting
	changes ledger.Changes

	seeing *seeing // what was seen of people whose rows are equal; nil until one comes
	loose  int64   // rows that went into no part
	same   bool    // some of them are equal to what Coupa holds
	failed bool    // SQLite may have ended the transaction with the failure, so that nothing may follow
	done   bool
	torn   bool // COMMIT itself failed: whether the plan is durable shows only at the next Open
}

// Plan opens the plan of a run that has none yet. Until Commit or Rollback nothing else can be written through this
// Ledger, and reads do not see the plan.
func (l *Ledger) Plan(run string) (export.PlanTx, error) {
	t, err := l.openPlan(run)
	if err = l.damage(err); err != nil {
		return nil, fmt.Errorf("ledger: plan: %w", err)
	}
	return t, nil
}

func (l *Ledger) openPlan(run string) (_ *planTx, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.conn == nil:
		return nil, ledger.ErrClosed
	case l.plan != nil:
		return nil, ledger.ErrPlanOpen
	}
	if err := sqlitex.ExecuteTransient(l.conn, "BEGIN IMMEDIATE", nil); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			rollback(l.conn)
		}
	}()
	t := &planTx{
		l: l, c: l.conn, run: run, files: ledger.NewSyncer(),
		names: make(map[int64]string), source: make(map[string]int64),
	}
	if t.num, err = needUnplanned(t.c, run); err != nil {
		return nil, err
	}
	t.row, err = t.c.Prepare(`INSERT INTO rows (id, source, line, lines, key, first, login, outcome, faults, status, completed, kinds, counted, reason)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')`)
	if err != nil {
		return nil, err
	}
	l.plan = t
	return t, nil
}

func needUnplanned(c *sqlite.Conn, run string) (int64, error) {
	num, err := needRun(c, run)
	if err != nil {
		return 0, err
	}
	planned := false
	err = query(c, "SELECT planned <> 0 FROM runs WHERE num = ?",
		func(s *sqlite.Stmt) error { planned = s.ColumnBool(0); return nil }, num)
	if err == nil && planned {
		err = fmt.Errorf("run %s has its plan already", run)
	}
	return num, err
}

// AddPart writes the bytes to the spool and returns the part's id. p.Size and p.SHA256 may be left out; where given,
// they must match data. p.State may be Planned (also for "") or Dropped, p.Planned is now when it is zero.
func (t *planTx) AddPart(p export.Part, data []byte) (int64, error) {
	id, err := t.addPart(p, data)
	if err != nil {
		return 0, t.fail(fmt.Errorf("ledger: add part %s: %w", p.Name, err))
	}
	return id, nil
}

func (t *planTx) addPart(p export.Part, data []byte) (int64, error) {
	if err := t.usable(); err != nil {
		return 0, err
	}
	p, err := ledger.CompletePart(p, t.run, data, t.l.now())
	if err != nil {
		return 0, err
	}
	notes, err := ledger.Store(p.Notes)
	if err != nil {
		return 0, err
	}
	err = exec(t.c, `INSERT INTO parts (run, name, user_name, route, wave, rows, size, sha256, state, temp, planned, notes, columns)
		VALUES (?, '', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.num, p.UserName, string(p.Route), p.Wave, p.Rows, p.Size, p.SHA256, string(p.State), p.Temp, nanos(p.Planned), notes, string(p.Columns))
	if err != nil {
		return 0, err
	}
	id := t.c.LastInsertRowID()
	f, err := t.l.spool.Write(id, data)
	if err != nil {
		return 0, export.Hint(fmt.Errorf("spool: %w", err), checkRoom)
	}
	t.files.Add(f)
	t.parts = append(t.parts, id)
	t.names[id] = p.Name
	return id, nil
}

// NamePart returns a part of this plan its final name.
func (t *planTx) NamePart(id int64, name string) error {
	if err := t.usable(); err != nil {
		return fmt.Errorf("ledger: name part %s: %w", name, err)
	}
	if _, ok := t.names[id]; !ok {
		return t.fail(fmt.Errorf("ledger: name part %s: the plan has no part with id %d", name, id))
	}
	t.names[id] = name
	return nil
}

// AddRow writes one row. The Part of a row must be of this plan, and its PartRow unique in that part. For a row without
// a Part, PartRow is ignored.
func (t *planTx) AddRow(r export.RowResult) error {
	if err := t.addRow(&r); err != nil {
		return t.fail(fmt.Errorf("ledger: add row: %s: %w", r.Origin, err))
	}
	return nil
}

func (t *planTx) addRow(r *export.RowResult) error {
	if err := t.usable(); err != nil {
		return err
	}
	_, ours := t.names[r.Part]
	if err := ledger.CheckRow(r, ours); err != nil {
		return err
	}
	source, err := t.sourceID(r.Origin.File)
	if err != nil {
		return err
	}
	part, partRow := r.Part, int64(r.PartRow)
	if part == 0 {
		t.loose++
		part, partRow = -t.num, t.loose
		t.same = t.same || r.Outcome == export.Unchanged
	}
	faults, completed, counted, err := t.lists.Store(r)
	if err != nil {
		return err
	}
	s, id := t.row, rowID(part, partRow)
	s.BindInt64(1, id)
	s.BindInt64(2, source)
	s.BindInt64(3, int64(r.Origin.Line))
	s.BindInt64(4, int64(r.Lines))
	s.BindText(5, r.Key)
	s.BindText(6, r.First)
	s.BindText(7, r.Login)
	s.BindText(8, string(r.Outcome))
	s.BindText(9, faults)
	s.BindText(10, r.Status)
	s.BindText(11, completed)
	s.BindInt64(12, ledger.StoreKinds(r.Kinds))
	s.BindText(13, counted)
	if _, err := s.Step(); err != nil {
		if sqlite.ErrCode(err) == sqlite.ResultConstraintPrimaryKey {
			return fmt.Errorf("row %d of part %d is there already", r.PartRow, r.Part)
		}
		return err
	}
	return errors.Join(s.Reset(), t.addChange(id, r.Change), t.see(r))
}

// sourceID returns the number that stands for a feed file's name.
func (t *planTx) sourceID(name string) (int64, error) {
	if id, ok := t.source[name]; ok {
		return id, nil
	}
	if err := exec(t.c, "INSERT INTO sources (name) VALUES (?) ON CONFLICT DO NOTHING", name); err != nil {
		return 0, err
	}
	var id int64
	err := query(t.c, "SELECT id FROM sources WHERE name = ?", func(s *sqlite.Stmt) error { id = s.ColumnInt64(0); return nil }, name)
	if err == nil {
		t.source[name] = id
	}
	return id, err
}

// Commit makes the plan durable. A plan in which any call failed is an error: its sums would not add up. After an error
// nothing of the plan counts, and Rollback cleans up.
func (t *planTx) Commit(sum export.PlanSum) error {
	if err := t.commit(sum); err != nil {
		return t.fail(fmt.Errorf("ledger: commit plan: %w", err))
	}
	return nil
}

func (t *planTx) commit(sum export.PlanSum) error {
	if err := t.usable(); err != nil {
		return err
	}
	if sum.Beside && (t.kept != nil || slices.ContainsFunc(sum.Files, func(f export.FeedFile) bool { return f.Kept != 0 })) {
		return ledger.ErrBeside
	}
	if t.kept != nil {
		f, err := t.kept.Finish()
		if err != nil {
			return export.Hint(fmt.Errorf("spool: %w", err), checkRoom)
		}
		t.files.Add(f)
	}
	// The bytes come first: a part in the ledger without its bytes could neither be sent nor given up.
	if err := errors.Join(t.files.Wait(), t.l.disk.SyncDir(t.l.spool.Dir)); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	if err := t.writeNames(); err != nil {
		return err
	}
	if err := t.writeRun(sum); err != nil {
		return err
	}
	if err := errors.Join(t.writeKept(sum), t.writeRoll(sum.Roll, sum.Held != nil), t.writeDated(sum.Dated), t.writeOverridden(sum.Overridden)); err != nil {
		return err
	}
	if t.same {
		if err := meetPeople(t.c, -t.num, t.run); err != nil {
			return err
		}
	}
	if sum.Other && !sum.Beside {
		if err := voidApprovals(t.c, t.num, sum.Approved); err != nil {
			return err
		}
	}
	if len(t.parts) > 0 && !sum.Beside {
		if err := useApprovals(t.c, t.run); err != nil {
			return err
		}
	}
	if err := sqlitex.ExecuteTransient(t.c, "COMMIT", nil); err != nil {
		t.torn = true
		return err
	}
	for _, f := range sum.Files {
		if f.Kept > 0 {
			_ = t.l.spool.RemoveFiles([]string{ledger.KeptName(f.Kept)}) // otherwise the next Sweep removes it
		}
	}
	t.finish()
	return nil
}

func (t *planTx) writeNames() error {
	for _, id := range t.parts {
		name := t.names[id]
		if name == "" {
			return fmt.Errorf("the part with id %d has no name", id)
		}
		err := exec(t.c, "UPDATE parts SET name = ? WHERE id = +?", name, id)
		if sqlite.ErrCode(err) == sqlite.ResultConstraintUnique {
			return fmt.Errorf("there is a part named %s already", name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *planTx) writeRun(sum export.PlanSum) error {
	now := nanos(t.l.now())
	for _, f := range sum.Files {
		if f.Kept != 0 {
			continue
		}
		err := exec(t.c, "INSERT INTO feed_files (run, name, path, size, sha256, seen_at, line_end, modified) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			t.num, f.Name, f.Path, f.Size, f.SHA256, now, string(f.LineEnd), nanos(f.Modified))
		if err != nil {
			return err
		}
	}
	held, err := ledger.EncodeBreaches(sum.Held)
	if err != nil {
		return err
	}
	return exec(t.c, "UPDATE runs SET input = ?, feed = ?, held = ?, planned = ? WHERE num = ?", sum.Input, storedFeed(sum), held, now, t.num)
}

// Rollback discards the plan and removes its files from the spool. Sweep later removes what could not be removed now.
// After Commit it does nothing.
func (t *planTx) Rollback() {
	if t.done {
		return
	}
	rollback(t.c)
	t.l.names.again()
	_ = t.files.Wait() // the files are removed anyway
	if !t.torn {
		_ = t.l.spool.Remove(t.parts)
		_ = t.dropKept()
	}
	t.finish()
}

func (t *planTx) usable() error {
	switch {
	case t.done:
		return ledger.ErrPlanDone
	case t.failed:
		return ledger.ErrPlanFailed
	}
	return nil
}

// fail ends the plan for everything but Rollback and returns err.
func (t *planTx) fail(err error) error {
	t.failed = true
	return t.l.damage(t.l.room(err))
}

func (t *planTx) finish() {
	t.done = true
	t.l.mu.Lock()
	defer t.l.mu.Unlock()
	t.l.plan = nil
}

// rollback ends an open transaction. SQLite may have ended it already. Where it cannot be ended, the connection is of
// no use, and the next write returns an error.
func rollback(c *sqlite.Conn) {
	if !c.AutocommitEnabled() {
		_ = sqlitex.ExecuteTransient(c, "ROLLBACK", nil)
	}
}
