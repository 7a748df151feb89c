package sqlite

import (
	"encoding/json"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
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
		return exec(c, "INSERT INTO approvals (run, by, at, expires, ceilings) VALUES (?, ?, ?, ?, ?)",
			num, a.By, nanos(a.At), nanos(a.Expires), string(ceilings))
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

func selectApprovals(c *sqlite.Conn, where string, arg any) (list []export.Approval, err error) {
	err = query(c, "SELECT r.id, a.by, a.at, a.expires, a.ceilings, a.given_up_by, a.used_by FROM approvals a JOIN runs r ON r.num = a.run "+where,
		func(s *sqlite.Stmt) error {
			a := export.Approval{
				Run: s.ColumnText(0), By: s.ColumnText(1), At: fromNanos(s.ColumnInt64(2)), Expires: fromNanos(s.ColumnInt64(3)),
				Ended: export.Ending{GivenUpBy: s.ColumnText(5), UsedBy: s.ColumnText(6)},
			}
			list = append(list, a)
			return json.Unmarshal([]byte(s.ColumnText(4)), &list[len(list)-1].Ceilings)
		}, arg)
	return list, err
}

func endApprovals(c *sqlite.Conn, run string, why export.Ending) error {
	return exec(c, "UPDATE approvals SET ended = ?, given_up_by = ? WHERE ended = '' AND run = (SELECT num FROM runs WHERE id = ?)", why.String(), why.GivenUpBy, run)
}

// useApprovals ends every approval, because a run was sent.
func useApprovals(c *sqlite.Conn, run string) error {
	return exec(c, "UPDATE approvals SET ended = ?, used_by = ? WHERE ended = ''", export.Ending{UsedBy: run}.String(), run)
}
