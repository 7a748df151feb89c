package sqlite

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// seeing writes what a plan has seen Coupa hold of people whose rows are equal.
type seeing struct {
	confirming
	l      *Ledger
	run    string
	byHand bool // a dropped file says nothing of HR's people
	sets   map[string]int64
	shape  []string // the columns of the row before
	ids    []uint64 // their numbers
	set    int64    // what baseline_seen has of them
}

// see records what Coupa was seen to hold of the person of a row. What is read back late of an older part does not count any more,
// unless it shows that Coupa holds something else: the person has no part from now on.
func (t *planTx) see(r *export.RowResult) error {
	if r.Seen == nil || r.Key == "" {
		return nil
	}
	if len(r.Seen.Columns) != len(r.Seen.Hashes) {
		return fmt.Errorf("%d columns have %d hashes", len(r.Seen.Columns), len(r.Seen.Hashes))
	}
	if t.seeing == nil {
		t.seeing = &seeing{confirming: confirming{c: t.c}, l: t.l, run: t.run, sets: map[string]int64{}}
		byHand, err := dropped(t.c, export.Part{Run: t.run})
		if err = errors.Join(err, t.l.names.secret(t.c)); err != nil {
			return err
		}
		t.seeing.byHand = byHand
	}
	if t.seeing.byHand {
		return nil
	}
	return t.seeing.person(r)
}

func (s *seeing) person(r *export.RowResult) error {
	if err := s.columnsAre(r.Seen.Columns); err != nil {
		return err
	}
	own := &s.l.names
	names := []int64{own.of(nameLogin, r.Login), own.of(nameNumber, r.Seen.Number), own.of(nameID, r.Seen.CoupaID)}
	old, known, err := (&forgetting{c: s.c}).get(r.Key)
	if err != nil {
		return err
	}
	hashes, now := old.hashes, old.named(names)
	if !old.sameAccount(names) {
		hashes, now = ledger.NoHashes(), baselineRow{}.named(names)
		own.again()
	}
	if own.owners != nil { // else they are read from here once they are needed
		own.add(r.Key, names...)
	}
	if hashes, err = s.over(hashes, r.Seen.Hashes); err != nil {
		return err
	}
	if !known {
		return s.exec("INSERT INTO baselines (key, part, hashes, names, seen) VALUES (?1, 0, ?2, ?3, ?4)", r.Key, hashes, now)
	}
	return s.exec("UPDATE baselines SET part = 0, hashes = ?2, names = ?3, seen = ?4 WHERE key = ?1", r.Key, hashes, now)
}

// sameAccount reports whether the row of a person is about the same account as before, going by the strongest name that is known
// from before. now are its login, its number and its id.
func (b baselineRow) sameAccount(now []int64) bool {
	for kind := int64(nameID); kind >= nameLogin; kind-- {
		if was := b.last(kind); was != 0 {
			return was == now[kind-nameLogin]
		}
	}
	return false
}

func (s *seeing) exec(sql, key string, hashes ledger.Hashes, names []int64) error {
	return exec(s.c, sql, key, []byte(hashes), packed(names), s.set)
}

// over returns what is known of a person, with what was seen now in its place.
func (s *seeing) over(old ledger.Hashes, seen []export.CellHash) (ledger.Hashes, error) {
	if len(old) == 0 {
		old = ledger.NoHashes()
	}
	of, err := old.Map()
	if err != nil {
		return nil, export.Hint(err, ledger.Restore)
	}
	for i, id := range s.ids {
		of[id] = seen[i]
	}
	return ledger.HashesOf(of), nil
}

// columnsAre finds the numbers of the columns of a row.
func (s *seeing) columnsAre(columns []string) error {
	if s.set != 0 && slices.Equal(columns, s.shape) {
		return nil
	}
	s.shape, s.ids = columns, s.ids[:0]
	for _, name := range columns {
		id, err := s.column(name)
		if err != nil {
			return err
		}
		s.ids = append(s.ids, id)
	}
	text := string(export.CarriedColumns(columns))
	if id, ok := s.sets[text]; ok {
		s.set = id
		return nil
	}
	if err := exec(s.c, "INSERT INTO baseline_seen (run, at, columns) VALUES (?, ?, ?)", s.run, nanos(s.l.now()), text); err != nil {
		return err
	}
	s.set = s.c.LastInsertRowID()
	s.sets[text] = s.set
	return nil
}

// secret reads the key of the names.
func (n *ownNames) secret(c *sqlite.Conn) error {
	err := query(c, "SELECT key FROM baseline_secret", func(s *sqlite.Stmt) error { n.mac = hmac.New(sha256.New, readHashes(s, 0, nil)); return nil })
	if err == nil && n.mac == nil {
		err = export.Hint(errors.New("it no longer has the key of people's names"), ledger.Restore)
	}
	return err
}

// Sightings returns what was last seen of the people with these keys. Whoever was never seen so is not in it.
func (l *Ledger) Sightings(keys []string) (map[string]ledger.Sighting, error) {
	all := map[string]ledger.Sighting{}
	err := l.read(func(c *sqlite.Conn) error {
		for _, key := range keys {
			err := query(c, "SELECT s.run, s.at, s.columns FROM baselines b JOIN baseline_seen s ON s.id = b.seen WHERE b.key = ?", func(s *sqlite.Stmt) error {
				all[key] = ledger.Sighting{Run: s.ColumnText(0), At: fromNanos(s.ColumnInt64(1)), Columns: export.Carried(s.ColumnText(2)).Names()}
				return nil
			}, key)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: read what was seen in Coupa: %w", err)
	}
	return all, nil
}
