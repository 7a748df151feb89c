package sqlite

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitemigration"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/hr2coupa/hr2coupa/export"
)

//go:embed schema.sql
var schemaSQL string

//go:embed kept.sql
var keptSQL string

//go:embed schema_mappings.sql
var mappingsSQL string

//go:embed care.sql
var careSQL string

//go:embed notices.sql
var noticesSQL string

//go:embed readback.sql
var readBackSQL string

//go:embed completed.sql
var completedSQL string

//go:embed writes.sql
var writesSQL string

//go:embed pseudonyms.sql
var pseudonymsSQL string

//go:embed lineend.sql
var lineEndSQL string

//go:embed unfilled.sql
var unfilledSQL string

//go:embed verdicts.sql
var verdictsSQL string

//go:embed facts.sql
var factsSQL string

//go:embed notes.sql
var notesSQL string

//go:embed fileorder.sql
var fileOrderSQL string

//go:embed baselines.sql
var baselinesSQL string

//go:embed kinds.sql
var kindsSQL string

//go:embed configs.sql
var configsSQL string

//go:embed counted.sql
var countedSQL string

//go:embed changes.sql
var changesSQL string

//go:embed operators.sql
var operatorsSQL string

// appID marks the database as ours ("hr2c"), so that another program's SQLite file is never migrated.
const appID = 0x68723263

// schema lists the migrations in order; PRAGMA user_version counts the ones a database has. One that was released is
// never edited: a change is a new entry.
func schema() sqlitemigration.Schema {
	return sqlitemigration.Schema{AppID: appID, Migrations: []string{schemaSQL, keptSQL, mappingsSQL, careSQL, noticesSQL, readBackSQL, completedSQL, writesSQL, pseudonymsSQL, lineEndSQL, unfilledSQL, verdictsSQL, factsSQL, notesSQL, fileOrderSQL, baselinesSQL, kindsSQL, configsSQL, countedSQL, changesSQL, operatorsSQL}}
}

// migrate brings the database up to this program's version. A database that is up to date is only read, so that a
// second program can look at the ledger while a plan is being written.
func migrate(c *sqlite.Conn) error {
	version, err := pragma(c, "user_version")
	if err != nil {
		return err
	}
	owner, err := pragma(c, "application_id")
	if err != nil {
		return err
	}
	want := schema()
	if version == len(want.Migrations) && owner == appID {
		return nil
	}
	if whole, err := complete(c); err != nil {
		return err
	} else if whole || version < 0 {
		return headerError(fmt.Sprintf("its header says version %d of application %#x, and its tables say otherwise", version, uint32(owner)))
	}
	switch {
	case version > 0 && owner != appID:
		return export.Hint(errors.New("this is the database of another program"), "give the ledger a folder of its own")
	case version > len(want.Migrations):
		return fmt.Errorf("it was written by a newer hr2coupa (version %d of the ledger, this program knows %d); "+
			"use that hr2coupa or a newer one", version, len(want.Migrations))
	}
	if err := useWAL(c); err != nil {
		return err
	}
	err = apply(c, want)
	if err != nil && version > 0 && sqlite.ErrCode(err) == sqlite.ResultError { // the step would make something that exists, or change something that does not
		return headerError(fmt.Sprintf("its header says version %d, and its tables say otherwise (%v)", version, err))
	}
	return err
}

// apply migrates a database up to a schema.
func apply(c *sqlite.Conn, to sqlitemigration.Schema) error {
	if err := withOldWords(c); err != nil {
		return err
	}
	return sqlitemigration.Migrate(context.Background(), c, to)
}

// useWAL lets readers go on while a plan is written. The mode stays in the file.
func useWAL(c *sqlite.Conn) error {
	mode := ""
	err := sqlitex.ExecuteTransient(c, "PRAGMA journal_mode = WAL", &sqlitex.ExecOptions{
		ResultFunc: func(s *sqlite.Stmt) error { mode = s.ColumnText(0); return nil },
	})
	if err == nil && mode != "wal" {
		err = export.Hint(fmt.Errorf("this file system allows no write-ahead log (journal mode %s)", mode), "put the ledger on a local disk")
	}
	return err
}

func pragma(c *sqlite.Conn, name string) (value int, err error) {
	err = sqlitex.ExecuteTransient(c, "PRAGMA "+name, &sqlitex.ExecOptions{
		ResultFunc: func(s *sqlite.Stmt) error { value = s.ColumnInt(0); return nil },
	})
	return value, err
}
