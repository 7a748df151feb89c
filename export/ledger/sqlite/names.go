package sqlite

import (
	"encoding/binary"
	"hash"
	"hash/maphash"
	"io"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Kinds of names by which a row names a person to Coupa, the strongest last. They are stored.
const (
	nameLogin  = 1
	nameNumber = 2
	nameID     = 3
)

// nameKind returns the kind of the names in a column; 0 for a column that is no key of Coupa's.
func nameKind(column string) int64 {
	switch column {
	case export.ColumnLogin:
		return nameLogin
	case export.ColumnNumber:
		return nameNumber
	case export.ColumnID:
		return nameID
	}
	return 0
}

// ownNames are the names of all people who have a baseline, in memory: 40 MB for a million people. An index in the database
// would be written all over for each part. It has names of no one else: a dropped row with a name that it has is about one of
// them. Only the connection that writes uses it.
type ownNames struct {
	mac     hash.Hash
	seed    maphash.Seed
	owners  map[int64]uint64 // by name: a hash of the key; shared where more than one person has it
	version int64            // of the database when the names were read; below 0: they are to be read again
}

// shared stands for the keys of more than one person.
const shared = 0

// know reads the names, unless they are known and no other program has written to the ledger since.
func (n *ownNames) know(c *sqlite.Conn) error {
	version := int64(0)
	if err := query(c, "PRAGMA data_version", func(s *sqlite.Stmt) error { version = s.ColumnInt64(0); return nil }); err != nil {
		return err
	}
	if n.owners != nil && version == n.version {
		return nil
	}
	if err := n.secret(c); err != nil {
		return err
	}
	n.seed, n.owners, n.version = maphash.MakeSeed(), map[int64]uint64{}, version
	var buf ledger.Hashes
	return query(c, "SELECT key, names FROM baselines", func(s *sqlite.Stmt) error {
		buf = readHashes(s, 1, buf)
		n.add(s.ColumnText(0), unpacked(buf)...)
		return nil
	})
}

// again has the names read again before they are used: some are gone from the database.
func (n *ownNames) again() { n.version = -1 }

func (n *ownNames) owner(key string) uint64 { return maphash.String(n.seed, key) | 1 }

// add adds names of the person with a key.
func (n *ownNames) add(key string, names ...int64) {
	by := n.owner(key)
	for _, name := range names {
		if name == 0 {
			continue
		}
		if old, ok := n.owners[name]; ok && old != by {
			by = shared
		}
		n.owners[name] = by
		by = n.owner(key)
	}
}

// elsewhere reports whether a name may be that of a person with another key.
func (n *ownNames) elsewhere(key string, name int64) bool {
	by, ok := n.owners[name]
	return ok && (by == shared || by != n.owner(key))
}

// of returns the number of a name, with the kind in its two lowest bits; 0 for no name.
func (n *ownNames) of(kind int64, name string) int64 {
	if name = export.FoldText(name); name == "" || kind == 0 {
		return 0
	}
	n.mac.Reset()
	_, _ = n.mac.Write([]byte{byte(kind)}) // hashing returns no error
	_, _ = io.WriteString(n.mac, name)
	return int64(binary.BigEndian.Uint64(n.mac.Sum(nil)))&^3 | kind
}
