package sqlite

import (
	"encoding/json"
	"fmt"
	"maps"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Dated returns the records that wait for their day, in the order in which plans have read them.
func (l *Ledger) Dated() (records []export.DatedRecord, err error) {
	err = l.read(func(c *sqlite.Conn) (err error) { records, err = readDated(c, ""); return err })
	if err != nil {
		return nil, fmt.Errorf("ledger: read what waits for its day: %w", err)
	}
	return records, nil
}

func readDated(c *sqlite.Conn, where string, args ...any) (records []export.DatedRecord, err error) {
	err = query(c, "SELECT id, key, day, zone, file, line, fields FROM dated "+where+" ORDER BY id", func(s *sqlite.Stmt) error {
		r := export.DatedRecord{
			ID: s.ColumnInt64(0), Key: s.ColumnText(1), Day: s.ColumnText(2), Zone: s.ColumnText(3),
			Origin: export.Origin{File: s.ColumnText(4), Line: s.ColumnInt(5)},
		}
		if err := json.Unmarshal([]byte(s.ColumnText(6)), &r.Fields); err != nil {
			return fmt.Errorf("the record of %s cannot be read: %w", r.Origin, err)
		}
		records = append(records, r)
		return nil
	}, args...)
	return records, err
}

// keepDated keeps a record until its day.
func (t *planTx) keepDated(r *export.KeptRecord) error {
	fields, err := json.Marshal(r.Dated.Fields)
	if err != nil {
		return err
	}
	return exec(t.c, "INSERT INTO dated (run, key, day, zone, file, line, fields) VALUES (?, ?, ?, ?, ?, ?, ?)",
		t.run, r.Dated.Key, r.Dated.Day, r.Dated.Zone, ledger.KeptFile(r, t.run), r.Origin.Line, string(fields))
}

// writeDated removes the records that the plan has taken up or replaced, or what is replaced of them, and records in their rows
// what has become of them.
func (t *planTx) writeDated(changes map[int64]export.DatedChange) error {
	rows := map[string]map[placed]export.Faults{} // by run
	for id, change := range changes {
		var run, file string
		line := 0
		err := query(t.c, "SELECT run, file, line FROM dated WHERE id = ?", func(s *sqlite.Stmt) error {
			run, file, line = s.ColumnText(0), s.ColumnText(1), s.ColumnInt(2)
			return nil
		}, id)
		switch {
		case err != nil:
			return err
		case run == "":
			return fmt.Errorf("no record %d waits for its day", id)
		case !change.Taken && change.Left != nil:
			fields, err := json.Marshal(change.Left)
			if err != nil {
				return err
			}
			if err := exec(t.c, "UPDATE dated SET fields = ? WHERE id = ?", string(fields), id); err != nil {
				return err
			}
			continue
		}
		if err := exec(t.c, "DELETE FROM dated WHERE id = ?", id); err != nil {
			return err
		}
		if name, home := ledger.HomeOf(file); home == run {
			file = name
		}
		source, err := t.sourceID(file)
		if err != nil {
			return err
		}
		if rows[run] == nil {
			rows[run] = map[placed]export.Faults{}
		}
		rows[run][placed{source, line}] = t.become(change)
	}
	for run, why := range rows {
		if err := restate(t.c, run, why); err != nil {
			return err
		}
	}
	return nil
}

// become returns, for the row of a record that has waited for its day, what has become of the record.
func (t *planTx) become(change export.DatedChange) export.Faults {
	if change.Taken {
		return export.Faults{{Rule: export.RuleEffective, Message: export.Ending{PlannedBy: t.run}.String()}}
	}
	by := export.KeptRecord{Origin: change.By, Again: change.Kept}
	faults := replacedBy(export.Origin{File: ledger.KeptFile(&by, t.run), Line: by.Origin.Line})
	faults[0].Rule = export.RuleEffective
	return faults
}

// forgetDated removes what a person waits for, and of others the fields that name the person.
func forgetDated(c *sqlite.Conn, p tracedPerson, f *ledger.Forgotten) error {
	if err := exec(c, "DELETE FROM dated WHERE key = ?", p.key); err != nil {
		return err
	}
	f.Dated = c.Changes()
	records, err := readDated(c, "")
	if err != nil {
		return err
	}
	for _, r := range records {
		had := len(r.Fields)
		maps.DeleteFunc(r.Fields, func(_, value string) bool { return p.traces.In([]byte(value)) })
		if len(r.Fields) == had {
			continue
		}
		fields, err := json.Marshal(r.Fields)
		if err != nil {
			return err
		}
		if err := exec(c, "UPDATE dated SET fields = ? WHERE id = ?", string(fields), r.ID); err != nil {
			return err
		}
	}
	return nil
}
