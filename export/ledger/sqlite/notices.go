package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
)

// Incidents returns the open incidents, oldest first.
func (l *Ledger) Incidents() (list []export.Incident, err error) {
	err = l.read(func(c *sqlite.Conn) error {
		return query(c, "SELECT kind, cause, owner, begun, last, run, starts, told FROM incidents WHERE ended = 0 ORDER BY id",
			func(s *sqlite.Stmt) error {
				list = append(list, export.Incident{
					Kind: export.NoticeKind(s.ColumnText(0)), Cause: s.ColumnText(1), Owner: s.ColumnText(2),
					Begun: fromNanos(s.ColumnInt64(3)), Last: fromNanos(s.ColumnInt64(4)), Run: s.ColumnText(5),
					Starts: s.ColumnInt(6), Told: fromNanos(s.ColumnInt64(7)),
				})
				return nil
			})
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read incidents: %w", err)
	}
	return list, nil
}

// RecordIncidents records, in one step, how incidents stand (begun, gone on, ended) and the notices about them. A notice is due
// until Sent or GiveUpNotice.
func (l *Ledger) RecordIncidents(incidents []export.Incident, notices []export.Notice) error {
	err := l.write(func(c *sqlite.Conn) error {
		for _, i := range incidents {
			if err := putIncident(c, i); err != nil {
				return err
			}
		}
		for _, n := range notices {
			err := exec(c, "INSERT INTO notices (target, message, made) VALUES (?, ?, ?)", n.Target, string(n.Message), nanos(n.Made))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ledger: record notices: %w", err)
	}
	return nil
}

func putIncident(c *sqlite.Conn, i export.Incident) error {
	err := exec(c, `UPDATE incidents SET last = ?, starts = ?, told = ?, ended = ? WHERE kind = ? AND cause = ? AND owner = ? AND ended = 0`,
		nanos(i.Last), i.Starts, nanos(i.Told), nanos(i.Ended), string(i.Kind), i.Cause, i.Owner)
	if err != nil || c.Changes() > 0 {
		return err
	}
	return exec(c, "INSERT INTO incidents (kind, cause, owner, begun, last, run, starts, told, ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		string(i.Kind), i.Cause, i.Owner, nanos(i.Begun), nanos(i.Last), i.Run, i.Starts, nanos(i.Told), nanos(i.Ended))
}

// Due returns the notices that were not sent yet, oldest first.
func (l *Ledger) Due() (list []export.Notice, err error) {
	err = l.read(func(c *sqlite.Conn) error {
		return query(c, "SELECT id, target, message, made, attempts, error FROM notices WHERE done = 0 ORDER BY id",
			func(s *sqlite.Stmt) error {
				list = append(list, export.Notice{
					ID: s.ColumnInt64(0), Target: s.ColumnText(1), Message: []byte(s.ColumnText(2)), Made: fromNanos(s.ColumnInt64(3)),
					Attempts: s.ColumnInt(4), Error: s.ColumnText(5),
				})
				return nil
			})
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read notices: %w", err)
	}
	return list, nil
}

// Sent records that a notice was sent.
func (l *Ledger) Sent(id int64) error {
	return l.attempt(id, "attempts = attempts + 1, tried = ?2, done = ?2, error = ''", "")
}

// NotSent records why an attempt failed; the notice stays due.
func (l *Ledger) NotSent(id int64, why string) error {
	return l.attempt(id, "attempts = attempts + 1, tried = ?2, error = ?3", why)
}

// GiveUpNotice takes a notice that can never be sent out of the outbox and records why.
func (l *Ledger) GiveUpNotice(id int64, why string) error {
	return l.attempt(id, "done = ?2, given_up = ?3", why)
}

func (l *Ledger) attempt(id int64, set, why string) error {
	err := l.write(func(c *sqlite.Conn) error {
		args := []any{id, nanos(l.now())}
		if why != "" {
			args = append(args, why)
		}
		return exec(c, "UPDATE notices SET "+set+" WHERE id = ?1 AND done = 0", args...)
	})
	if err != nil {
		return fmt.Errorf("ledger: record an attempt to send notice %d: %w", id, err)
	}
	return nil
}
