package sqlite

import (
	"errors"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite/dbfile"
)

// damage returns a ledger.DamagedError where SQLite reports that a file is no database or contradicts itself.
func (l *Ledger) damage(err error) error {
	if err == nil || errors.As(err, new(*ledger.DamagedError)) {
		return err
	}
	if why := (dbfile.HeaderError("")); errors.As(err, &why) {
		return &ledger.DamagedError{Path: l.dbPath(), Why: string(why), Err: err}
	}
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultCorrupt, sqlite.ResultNotADB, sqlite.ResultFormat:
		return &ledger.DamagedError{Path: l.dbPath(), Why: err.Error(), Err: err}
	case sqlite.ResultReadOnly: // the header claims to be read-only although the file and its folder are writable
		if l.unwritable() == nil {
			return &ledger.DamagedError{Path: l.dbPath(), Why: err.Error(), Err: err}
		}
	}
	return err
}
