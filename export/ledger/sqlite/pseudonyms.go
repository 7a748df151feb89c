package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/pseudonym"
)

// Pseudonyms returns how logs name the people of this ledger. Their secret key was drawn at random when the ledger was
// created.
func (l *Ledger) Pseudonyms() (pseudonym.Pseudonyms, error) {
	var key []byte
	err := l.read(func(c *sqlite.Conn) error {
		return query(c, "SELECT key FROM pseudonyms", func(s *sqlite.Stmt) error {
			key = make([]byte, s.ColumnLen(0))
			s.ColumnBytes(0, key)
			return nil
		})
	})
	if err != nil {
		return pseudonym.Pseudonyms{}, fmt.Errorf("ledger: read the key of the pseudonyms: %w", err)
	}
	if len(key) == 0 {
		return pseudonym.Pseudonyms{}, export.Hint(fmt.Errorf("%s no longer has the key of the pseudonyms", l.dbPath()), "put the ledger back from a backup")
	}
	return pseudonym.NewPseudonyms(key), nil
}

// KeysBehind returns the keys of the people with that pseudonym, in order; none where no known person has it.
func (l *Ledger) KeysBehind(name string) (keys []string, err error) {
	p, err := l.Pseudonyms()
	if err != nil {
		return nil, err
	}
	err = l.read(func(c *sqlite.Conn) error {
		return query(c, "SELECT DISTINCT key FROM rows WHERE key <> '' ORDER BY key", func(s *sqlite.Stmt) error {
			if key := s.ColumnText(0); p.Of(key).String() == name {
				keys = append(keys, key)
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: look for a pseudonym: %w", err)
	}
	return keys, nil
}
