package dbfile

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitemigration"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/hr2coupa/hr2coupa/export"
)

//go:embed *.sql
var scripts embed.FS

// migrations are the names of the scripts in the order of their release. PRAGMA user_version counts the ones a database
// has. One that was released is never edited: a change is a new entry.
func migrations() []string {
	return []string{
		"schema.sql",
		"kept.sql",
		"schema_mappings.sql",
		"care.sql",
		"notices.sql",
		"readback.sql",
		"completed.sql",
		"writes.sql",
		"pseudonyms.sql",
		"lineend.sql",
		"unfilled.sql",
		"verdicts.sql",
		"facts.sql",
		"notes.sql",
		"fileorder.sql",
		"baselines.sql",
		"kinds.sql",
		"configs.sql",
		"counted.sql",
		"changes.sql",
		"operators.sql",
		"roll.sql",
		"dated.sql",
		"seen.sql",
		"overridden.sql",
	}
}

// appID marks the database as ours ("hr2c"), so that another program's SQLite file is never migrated.
const appID = 0x68723263

// Schema has all migrations.
func Schema() sqlitemigration.Schema { return through(migrations()) }

// Before has the migrations that were released before the script of that name: the layout of an earlier version. It
// panics where there is no such script.
func Before(script string) sqlitemigration.Schema {
	names := migrations()
	return through(names[:slices.Index(names, script)])
}

func through(names []string) sqlitemigration.Schema {
	s := sqlitemigration.Schema{AppID: appID}
	for _, name := range names {
		script, err := scripts.ReadFile(name)
		if err != nil {
			panic(err) // the list names a script that is not embedded
		}
		s.Migrations = append(s.Migrations, string(script))
	}
	return s
}

// Migrate brings the database up to this program's version. A database that is up to date is only read, so that a
// second program can look at the ledger while a plan is being written.
func Migrate(c *sqlite.Conn) error {
	version, err := Pragma(c, "user_version")
	if err != nil {
		return err
	}
	owner, err := Pragma(c, "application_id")
	if err != nil {
		return err
	}
	want := Schema()
	if version == len(want.Migrations) && owner == appID {
		return nil
	}
	if whole, err := complete(c); err != nil {
		return err
	} else if whole || version < 0 {
		return HeaderError(fmt.Sprintf("its header says version %d of application %#x, and its tables say otherwise", version, uint32(owner)))
	}
	switch {
	case version > 0 && owner != appID:
		return export.Hint(errors.New("this is the database of another program"), "give the ledger a folder of its own")
	case version > len(want.Migrations):
		return fmt.Errorf("it was written by a newer hr2coupa (version %d of the ledger, this program knows %d); "+
			"use that hr2coupa or a newer one", version, len(want.Migrations))
	}
	if err := UseWAL(c); err != nil {
		return err
	}
	err = Apply(c, want)
	if err != nil && version > 0 && sqlite.ErrCode(err) == sqlite.ResultError { // the step would make something that exists, or change something that does not
		return HeaderError(fmt.Sprintf("its header says version %d, and its tables say otherwise (%v)", version, err))
	}
	return err
}

// Apply migrates a database up to a schema.
func Apply(c *sqlite.Conn, to sqlitemigration.Schema) error {
	if err := withOldWords(c); err != nil {
		return err
	}
	return sqlitemigration.Migrate(context.Background(), c, to)
}

// UseWAL lets readers go on while a plan is written. The mode stays in the file.
func UseWAL(c *sqlite.Conn) error {
	mode := ""
	err := sqlitex.ExecuteTransient(c, "PRAGMA journal_mode = WAL", &sqlitex.ExecOptions{
		ResultFunc: func(s *sqlite.Stmt) error { mode = s.ColumnText(0); return nil },
	})
	if err == nil && mode != "wal" {
		err = export.Hint(fmt.Errorf("this file system allows no write-ahead log (journal mode %s)", mode), "put the ledger on a local disk")
	}
	return err
}

// Pragma reads a setting that is a number.
func Pragma(c *sqlite.Conn, name string) (value int, err error) {
	err = sqlitex.ExecuteTransient(c, "PRAGMA "+name, &sqlitex.ExecOptions{
		ResultFunc: func(s *sqlite.Stmt) error { value = s.ColumnInt(0); return nil },
	})
	return value, err
}
