// Package sound asks the database of a ledger whether it is sound: SQLite's own checks, the words it holds, and what must
// agree inside it. It only reads.
package sound

import (
	"encoding/json"
	"fmt"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// check looks at one snapshot of a database.
type check struct {
	conn *sqlite.Conn
	path string // of the database
	tell func(where, what, fix string)
	n    int // findings
}

// Check calls find for each fault of the database at path, as conn sees it: where, what, and what fixes it. usable is false
// where SQLite finds the database damaged, since no further check is possible then.
func Check(conn *sqlite.Conn, path string, find func(where, what, fix string)) (usable bool, err error) {
	c := &check{conn: conn, path: path, tell: find}
	if err := c.sqlite(); err != nil || c.n > 0 {
		return false, err
	}
	for _, look := range []func() error{c.homeless, c.words, c.agree} {
		if err := look(); err != nil {
			return false, err
		}
	}
	return true, nil
}

func (c *check) find(where, what, fix string) {
	c.n++
	c.tell(where, what, fix)
}

// query runs a cached statement and calls row for each row of its result.
func (c *check) query(sql string, row func(*sqlite.Stmt) error, args ...any) error {
	return sqlitex.Execute(c.conn, sql, &sqlitex.ExecOptions{Args: args, ResultFunc: row})
}

func (c *check) sqlite() error {
	err := c.query("PRAGMA integrity_check", func(s *sqlite.Stmt) error {
		if text := s.ColumnText(0); text != "ok" {
			c.find(c.path, text, ledger.FromBackup)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.query("PRAGMA foreign_key_check", func(s *sqlite.Stmt) error {
		c.find(c.path, fmt.Sprintf("row %d of %s names a row of %s that is not there", s.ColumnInt64(1), s.ColumnText(0), s.ColumnText(2)), ledger.FromBackup)
		return nil
	})
}

// homeless finds rows that no sum counts.
func (c *check) homeless() error {
	return c.query(`SELECT count(*) FROM rows WHERE part > 0 AND part NOT IN (SELECT id FROM parts)
		OR part <= 0 AND -part NOT IN (SELECT num FROM runs) HAVING count(*) > 0`, func(s *sqlite.Stmt) error {
		c.find(c.path, fmt.Sprintf("%d rows belong to no run", s.ColumnInt(0)), ledger.FromBackup)
		return nil
	})
}

// words compares every stored word with the list it comes from. Every start would skip a part in an unknown state, and
// no report would count a row with an unknown outcome.
func (c *check) words() error {
	for _, w := range ledger.AllWords() {
		list, err := json.Marshal(w.Known)
		if err != nil {
			return err
		}
		sql := fmt.Sprintf("SELECT %[2]s, count(*) FROM %[1]s WHERE %[2]s NOT IN (SELECT value FROM json_each(?)) GROUP BY 1", w.Table, w.Column)
		err = c.query(sql, func(s *sqlite.Stmt) error {
			c.find(c.path, fmt.Sprintf("%d of %s have the %s %q, which there is not", s.ColumnInt(1), w.Table, w.Column, s.ColumnText(0)), ledger.FromBackup)
			return nil
		}, string(list))
		if err != nil {
			return err
		}
	}
	return nil
}

// facts are queries for what must agree inside the database. Each returns what does not agree: a place, and what is
// wrong.
var facts = []string{
	`SELECT 'part ' || p.name, 'it has ' || p.rows || ' rows, and the ledger keeps ' || (SELECT count(*) FROM rows WHERE rows.id BETWEEN p.id << 32 AND p.id << 32 | 0xffffffff)
		FROM parts p JOIN runs r ON r.num = p.run AND r.planned <> 0
		WHERE p.rows <> (SELECT count(*) FROM rows WHERE rows.id BETWEEN p.id << 32 AND p.id << 32 | 0xffffffff)`,
	`SELECT 'part ' || p.name, 'it is ' || p.state || ', and its last move led to ' || m.to_state FROM parts p
		JOIN moves m ON m.id = (SELECT max(id) FROM moves WHERE part = p.id) WHERE m.to_state <> p.state`,
	`SELECT 'part ' || p.name, 'it is settled and has no verdict' FROM parts p WHERE p.state = 'settled' AND p.verdict = ''`,
	`SELECT 'part ' || p.id, 'it has no name' FROM parts p JOIN runs r ON r.num = p.run AND r.planned <> 0 WHERE p.name = ''`,
	`SELECT 'rows', count(*) || ' come from a file without a name' FROM rows WHERE source NOT IN (SELECT id FROM sources) HAVING count(*) > 0`,
	`SELECT 'run ' || id, 'it has no beginning' FROM runs WHERE started <= 0`,
	`SELECT name, 'its numbers go up to ' || seq || ' and begin again below those in use' FROM sqlite_sequence
		WHERE name = 'runs' AND seq < (SELECT max(num) FROM runs) OR name = 'parts' AND seq < (SELECT max(id) FROM parts)`,
	`SELECT 'kept records ' || id, 'the names of their files cannot be read' FROM kept WHERE NOT json_valid(files)`,
	`SELECT 'run ' || id, 'the limits that hold it cannot be read' FROM runs WHERE held <> '' AND NOT json_valid(held)`,
	`SELECT 'run ' || id, 'its operator cannot be read' FROM runs WHERE operator <> '' AND NOT json_valid(operator)`,
	`SELECT 'approval ' || id, 'its operator cannot be read' FROM approvals WHERE operator <> '' AND NOT json_valid(operator)`,
	`SELECT 'approval ' || id, 'its ceilings cannot be read' FROM approvals WHERE NOT json_valid(ceilings)`,
	`SELECT 'a mapping', 'its columns cannot be read' FROM mappings WHERE NOT json_valid(columns)`,
	`SELECT 'a config', 'its hashes cannot be read' FROM configs WHERE iif(json_valid(digests), json_type(digests) <> 'object', 1)`,
	`SELECT 'notice ' || id, 'its message cannot be read' FROM notices WHERE done = 0 AND NOT json_valid(message)`,
	`SELECT 'rows', count(*) || ' say in a form that cannot be read why they stand as they do' FROM rows WHERE faults <> '' AND iif(json_valid(faults), json_type(faults) <> 'array', 1) HAVING count(*) > 0`,
	`SELECT 'rows', count(*) || ' have completed columns that cannot be read' FROM rows WHERE completed <> '' AND iif(json_valid(completed), json_type(completed) <> 'array', 1) HAVING count(*) > 0`,
	`SELECT 'rows', count(*) || ' name in a form that cannot be read the limits that count them' FROM rows WHERE counted <> '' AND iif(json_valid(counted), json_type(counted) <> 'array', 1) HAVING count(*) > 0`,
	`SELECT 'moves', count(*) || ' say in a form that cannot be read why a part is in its state' FROM moves WHERE notes <> '' AND iif(json_valid(notes), json_type(notes) <> 'array', 1) HAVING count(*) > 0`,
	`SELECT 'changes', count(*) || ' cannot be read' FROM changes WHERE NOT json_valid(cells) HAVING count(*) > 0`,
	`SELECT 'overridden cells', 'those of ' || count(*) || ' runs cannot be read' FROM overridden WHERE iif(json_valid(cells), json_type(cells) <> 'array', 1) HAVING count(*) > 0`,
	`SELECT 'overridden cells', 'those of ' || count(*) || ' runs have no run' FROM overridden WHERE run NOT IN (SELECT num FROM runs) HAVING count(*) > 0`,
	`SELECT 'snapshot ' || id, 'the names of its files cannot be read' FROM snapshots WHERE iif(json_valid(files), json_type(files) <> 'array', 1)`,
	`SELECT 'members', count(*) || ' are missing since a snapshot that is not there' FROM members
		WHERE since <> 0 AND NOT EXISTS (SELECT 1 FROM snapshots WHERE number = since AND counts) HAVING count(*) > 0`,
	`SELECT 'dated records', count(*) || ' cannot be read, and would never be sent' FROM dated
		WHERE iif(json_valid(fields), json_type(fields) <> 'object', 1) OR date(day) IS NOT day HAVING count(*) > 0`,
	`SELECT 'pseudonyms', 'their key is not there: logs cannot name people' WHERE NOT EXISTS (SELECT 1 FROM pseudonyms)`,
	`SELECT 'row ' || (id & 0xffffffff) || ' of part ' || (id >> 32), 'the lists that a call has emptied cannot be read'
		FROM writes WHERE emptied <> '' AND NOT json_valid(emptied) OR unfilled <> '' AND NOT json_valid(unfilled)`,
}

func (c *check) agree() error {
	for _, sql := range facts {
		err := c.query(sql, func(s *sqlite.Stmt) error {
			c.find(s.ColumnText(0), s.ColumnText(1), ledger.FromBackup)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
