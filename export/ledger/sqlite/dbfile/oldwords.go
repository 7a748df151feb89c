package dbfile

import (
	"encoding/json"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/oldwords"
)

// withOldWords registers the SQL functions with which migrations turn what earlier versions stored as text into facts.
func withOldWords(c *sqlite.Conn) error {
	var mapping string
	var columns []string
	for name, f := range map[string]struct {
		args int
		read func(args []sqlite.Value) (string, error)
	}{
		"breaches": {1, func(args []sqlite.Value) (string, error) {
			return ledger.EncodeBreaches(oldwords.Breaches(args[0].Text()))
		}},
		"notes": {1, func(args []sqlite.Value) (string, error) { return ledger.Store(oldwords.Notes(args[0].Text())) }},
		// of a text and of the mapping of its run, "" for none
		"faults": {2, func(args []sqlite.Value) (string, error) {
			if has := args[1].Text(); has != mapping {
				mapping, columns = has, columnsOf(has)
			}
			return ledger.Store(oldwords.Faults(args[0].Text(), columns))
		}},
	} {
		err := c.CreateFunction(name, &sqlite.FunctionImpl{
			NArgs: f.args, Deterministic: true,
			Scalar: func(_ sqlite.Context, args []sqlite.Value) (sqlite.Value, error) {
				text, err := f.read(args)
				return sqlite.TextValue(text), err
			},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// columnsOf are the columns of a stored mapping, none where it cannot be read.
func columnsOf(mapping string) (columns []string) {
	var list []export.Expression
	_ = json.Unmarshal([]byte(mapping), &list) // ledger check reports it
	for _, e := range list {
		columns = append(columns, e.Column)
	}
	return columns
}
