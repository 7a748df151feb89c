package sqlite

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Approve records that a person lets a held run go on, up to the given ceilings and until the approval expires.
func (l *Ledger) Approve(a export.Approval) error {
	err := l.write(func(c *sqlite.Conn) error {
		num, err := needRun(c, a.Run)
		if err != nil {
			return err
		}
		ceilings, err := json.Marshal(a.Ceilings)
		if err != nil {
			return err
		}
		by, err := ledger.StoreOperator(a.Operator)
		if err != nil {
			return err
		}
		return exec(c, "INSERT INTO approvals (run, by, at, expires, ceilings, operator) VALUES (?, ?, ?, ?, ?, ?)",
			num, a.By, nanos(a.At), nanos(a.Expires), string(ceilings), by)
	})
	if err != nil {
		return fmt.Errorf("ledger: approve run %s: %w", a.Run, err)
	}
	return nil
}

// Approvals returns the approvals that count now, oldest first. One of an earlier held run still counts when the run
// has been planned again and is held again: its ceilings are numbers, not people. An approval given while the clock was
// ahead does not count, since its true end is unknown; see Ahead.
func (l *Ledger) Approvals(now time.Time) ([]export.Approval, error) {
	return l.approvals("WHERE a.ended = '' AND a.expires > ?1 AND a.at <= ?1 + "+tolerance, nanos(now))
}

// ApprovalsOf returns every approval of a run, used, expired or not, oldest first.
func (l *Ledger) ApprovalsOf(run string) ([]export.Approval, error) {
	return l.approvals("WHERE r.id = ?", run)
}

// UsedBy returns the approvals that a run has used up.
func (l *Ledger) UsedBy(run string) ([]export.Approval, error) {
	return l.approvals("WHERE a.used_by = ?", run)
}

func (l *Ledger) approvals(where string, arg any) (list []export.Approval, err error) {
	err = l.read(func(c *sqlite.Conn) (err error) {
		list, err = selectApprovals(c, where+" ORDER BY a.id", arg)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read approvals: %w", err)
	}
	return list, nil
}

func selectApprovals(c *sqlite.Conn, where string, args ...any) (list []export.Approval, err error) {
	err = query(c, "SELECT r.id, a.by, a.at, a.expires, a.ceilings, a.given_up_by, a.used_by, a.void, a.operator, a.id FROM approvals a JOIN runs r ON r.num = a.run "+where,
		func(s *sqlite.Stmt) error {
			a := export.Approval{
				Run: s.ColumnText(0), By: s.ColumnText(1), At: fromNanos(s.ColumnInt64(2)), Expires: fromNanos(s.ColumnInt64(3)),
				Ended: export.Ending{GivenUpBy: s.ColumnText(5), UsedBy: s.ColumnText(6), Void: export.Void(s.ColumnText(7))}, ID: s.ColumnInt64(9),
			}
			var err error
			if a.Operator, err = ledger.ReadOperator(s.ColumnText(8)); err != nil {
				return err
			}
			list = append(list, a)
			return json.Unmarshal([]byte(s.ColumnText(4)), &list[len(list)-1].Ceilings)
		}, args...)
	return list, err
}

func endApprovals(c *sqlite.Conn, run string, why export.Ending) error {
	return exec(c, "UPDATE approvals SET ended = ?, given_up_by = ? WHERE ended = '' AND run = (SELECT num FROM runs WHERE id = ?)", why.String(), why.GivenUpBy, run)
}

// useApprovals ends every approval, because a run was sent.
func useApprovals(c *sqlite.Conn, run string) error {
	return exec(c, "UPDATE approvals SET ended = ?, used_by = ? WHERE ended = ''", export.Ending{UsedBy: run}.String(), run)
}

// voidApprovals ends the approvals that do not count where whoever has planned a run may not approve it.
func voidApprovals(c *sqlite.Conn, run int64, counted []export.Approval) error {
	open, err := selectApprovals(c, "WHERE a.ended = '' ORDER BY a.id")
	for i := 0; err == nil && i < len(open); i++ {
		a := open[i]
		var by []export.Operator
		if by, err = planners(c, a.Run, run); err != nil {
			break
		}
		why := export.Ending{Void: ledger.VoidFor(a.Operator, by)}
		switch {
		case why.Void == "":
		case slices.ContainsFunc(counted, func(b export.Approval) bool { return b.ID == a.ID }):
			err = export.Ours(fmt.Errorf("the plan counts on an approval of run %s that %s", a.Run, why))
		default:
			err = exec(c, "UPDATE approvals SET ended = ?, void = ? WHERE id = ?", why.String(), string(why.Void), a.ID)
		}
	}
	return err
}

// Planners returns who has planned a run and the runs whose records it has taken up, oldest first.
func (l *Ledger) Planners(run string) (by []export.Operator, err error) {
	err = l.read(func(c *sqlite.Conn) (err error) { by, err = planners(c, run, -1); return err })
	if err != nil {
		return nil, fmt.Errorf("ledger: read who has planned run %s: %w", run, err)
	}
	return by, nil
}

// planners is Planners of a run and of one that is being planned, -1 for none. Whoever starts that one has planned it only where it reads files:
// with what was held alone, the start only goes on.
func planners(c *sqlite.Conn, run string, next int64) (by []export.Operator, err error) {
	err = query(c, `WITH RECURSIVE taken (num) AS (SELECT num FROM runs WHERE id = ?1 UNION SELECT ?2
			UNION SELECT kept.run FROM kept JOIN taken ON kept.by_run = taken.num)
		SELECT operator FROM runs WHERE num IN taken AND (num <> ?2 OR EXISTS (SELECT 1 FROM feed_files WHERE run = ?2)) ORDER BY num`,
		func(s *sqlite.Stmt) error {
			o, err := ledger.ReadOperator(s.ColumnText(0))
			by = append(by, o)
			return err
		}, run, next)
	return by, err
}
