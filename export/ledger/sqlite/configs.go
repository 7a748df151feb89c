package sqlite

import (
	"encoding/json"
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export/ledger"
)

func keepConfig(c *sqlite.Conn, run int64, digests map[string]string) error {
	text, err := json.Marshal(digests)
	if err != nil {
		return err
	}
	id := ledger.Hash(text)
	if err := exec(c, "INSERT INTO configs (sha256, digests) VALUES (?, ?) ON CONFLICT DO NOTHING", id, string(text)); err != nil {
		return err
	}
	return exec(c, "INSERT INTO run_configs (run, config) VALUES (?, ?)", run, id)
}

func configOf(c *sqlite.Conn, run int64) (digests map[string]string, err error) {
	err = query(c, "SELECT digests FROM configs WHERE sha256 = (SELECT config FROM run_configs WHERE run = ?)",
		func(s *sqlite.Stmt) error { return json.Unmarshal([]byte(s.ColumnText(0)), &digests) }, run)
	return digests, err
}

// OvertakenSince returns the keys of the people for whom something newer than a file has gone: since the bytes were first
// planned under that name, another file had a row of theirs in a part, or one that was as Coupa has it. A person in several
// files of one run counts for the last of them.
func (l *Ledger) OvertakenSince(name, sha256 string) (map[string]bool, error) {
	people := map[string]bool{}
	err := l.read(func(c *sqlite.Conn) error {
		var first int64
		err := query(c, firstPlan, func(s *sqlite.Stmt) error { first = s.ColumnInt64(0); return nil }, name, sha256)
		if err != nil {
			return err
		}
		return query(c, `SELECT DISTINCT rows.key FROM
			(SELECT id AS part, run FROM parts WHERE run >= ?1 UNION ALL SELECT -num, num FROM runs WHERE num >= ?1) AS home
			CROSS JOIN runs ON runs.num = home.run
			CROSS JOIN rows ON rows.id BETWEEN home.part << 32 AND home.part << 32 | 0xffffffff
			WHERE rows.key <> '' AND (home.part > 0 OR rows.outcome = 'unchanged')
			AND (runs.command = 'drop' OR rows.source NOT IN (SELECT id FROM sources WHERE name = ?2 OR substr(name, 1, length(?2) + 1) = ?2 || '@'
				AND substr(name, length(?2) + 2) >= coalesce((SELECT id FROM runs WHERE num = ?1), '')))`,
			func(s *sqlite.Stmt) error { people[s.ColumnText(0)] = true; return nil }, first, name)
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read what has gone since %s was planned: %w", name, err)
	}
	return people, nil
}

// firstPlan finds the run that first planned the bytes that were planned last under a name: 0 where that run is pruned.
const firstPlan = `WITH planned AS (SELECT f.run, f.sha256 = ?2 AS same FROM feed_files f JOIN runs r ON r.num = f.run WHERE f.name = ?1 AND r.command <> 'drop')
	SELECT CASE WHEN EXISTS (SELECT 1 FROM planned WHERE NOT same) OR NOT EXISTS (SELECT 1 FROM pruned_files WHERE name = ?1 AND sha256 = ?2)
		THEN coalesce((SELECT min(run) FROM planned WHERE same AND run > coalesce((SELECT max(run) FROM planned WHERE NOT same), 0)), 0)
		ELSE 0 END`
