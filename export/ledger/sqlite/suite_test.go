package sqlite

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
)

// TestMain also plays another user who opens a ledger, in a process of its own.
func TestMain(m *testing.M) {
	if dir := os.Getenv("LEDGER_TEST_OPEN"); dir != "" {
		err := openAndBegin(dir)
		fmt.Printf("%v / hint: %s\n", err, export.HintText(err))
		os.Exit(0)
	}
	os.Exit(ledgertest.Main(m, backend{}))
}

func TestLedger(t *testing.T) { ledgertest.Run(t, backend{}) }

// backend opens ledgers for the suite. A blow falls before a row is written and before a file is changed. What SQLite
// does with its own files is not a step.
type backend struct {
	deafFile, deafDir bool // the disk ignores syncs
}

// EveryStep thins out the steps under the race detector, where the suite takes minutes: they are the same steps.
func (backend) EveryStep() int { return everyStep }

func (b backend) Open(p ledgertest.Place) (ledger.Ledger, error) {
	disk := &ledgertest.Disk{Blow: p.Blow, DeafFile: b.deafFile, DeafDir: b.deafDir}
	l, err := Open(Options{Dir: p.Dir, Now: p.Now, disk: disk})
	if err != nil {
		return nil, errors.Join(err, disk.Lose())
	}
	if p.Blow != nil {
		if err := strikeAt(l.conn, p.Blow); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	return disk.Under(l), nil
}

func (backend) Check(dir string) (*ledger.Checked, error) { return Check(Options{Dir: dir}) }

// strikeAt makes every row that a connection writes a step of the blow.
func strikeAt(c *sqlite.Conn, blow *ledgertest.Blow) error {
	// An error of the function itself would get lost: v1.4.2 of the package passes on its text with the code of
	// success.
	err := c.CreateFunction("may_step", &sqlite.FunctionImpl{
		AllowIndirect: true, // from a trigger
		Scalar: func(sqlite.Context, []sqlite.Value) (sqlite.Value, error) {
			if blow.Step() != nil {
				return sqlite.IntegerValue(0), nil
			}
			return sqlite.IntegerValue(1), nil
		},
	})
	if err != nil {
		return err
	}
	var tables []string
	err = query(c, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
		func(s *sqlite.Stmt) error { tables = append(tables, s.ColumnText(0)); return nil })
	for _, table := range tables {
		for _, op := range []string{"INSERT", "UPDATE", "DELETE"} {
			err = errors.Join(err, sqlitex.ExecuteTransient(c, fmt.Sprintf(
				"CREATE TEMP TRIGGER step_%[1]s_%[2]s BEFORE %[2]s ON main.%[1]s BEGIN SELECT RAISE(ABORT, '%[3]v') WHERE NOT may_step(); END", table, op, ledgertest.ErrBlow), nil))
		}
	}
	return err
}
