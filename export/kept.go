package export

import (
	"slices"
	"strings"
)

// KeptRecord is a change record that a plan read and did not send: its run is held, or its person waits for the verdict
// on an earlier row. The ledger keeps it, and the next plan reads it before new records.
type KeptRecord struct {
	Origin  Origin
	Header  *Header
	Values  []string
	Missing []bool // as in Record
	Day     string // as in Record
	Again   bool   // it was kept before: its origin names the run that kept it first

	// ReplacedBy is the newer record of the same person that replaces all of this one: this one is no longer kept.
	ReplacedBy *KeptRecord

	// Dated is not nil where the record waits for its day instead of the next plan. Its ID and Origin are not known yet.
	Dated *DatedRecord
}

// Keepable is a record that may have to be kept, with the columns that it fills or clears.
type Keepable struct {
	KeptRecord
	columns ColumnSet
}

// KeepRecord returns a copy of a record that outlives its chunk. cells are the record's mapped cells.
func KeepRecord(rec *Record, file string, cells []Cell) Keepable {
	k := Keepable{KeptRecord: KeptRecord{
		Origin: Origin{file, rec.Line}, Header: rec.Header, Values: slices.Clone(rec.Values),
		Missing: slices.Clone(rec.Missing), Day: rec.Day, Again: rec.Kept,
	}}
	for i, v := range k.Values {
		k.Values[i] = strings.Clone(v)
	}
	for i, c := range cells {
		if c.State != Absent {
			k.columns = k.columns.With(i)
		}
	}
	return k
}

// Replace returns which of a person's records, oldest first, need not be kept again, since newer ones take the place of all
// they say. What an old record alone says of a column, or in a field that the next plan's mapping may read, must not get
// lost with it.
func Replace(records []Keepable) []KeptRecord {
	out := make([]KeptRecord, len(records))
	var columns ColumnSet
	var by *KeptRecord // the next newer record that has to stay
	for i := len(records) - 1; i >= 0; i-- {
		r := &records[i]
		out[i] = r.KeptRecord
		if by == nil || !columns.Holds(r.columns) || !r.saidBy(out[i+1:]) {
			columns, by = columns.And(r.columns), &out[i]
		} else if r.Again {
			out[i].ReplacedBy = by
		}
	}
	return out
}

// saidBy reports whether newer records have a value in every field in which this one has one.
func (k *KeptRecord) saidBy(newer []KeptRecord) bool {
	for i, v := range k.Values {
		if v != "" && !slices.ContainsFunc(newer, func(n KeptRecord) bool { return n.says(i, k.Header.Fields[i]) }) {
			return false
		}
	}
	return true
}

// says reports whether the record has a value in a field, which is usually at index i.
func (k *KeptRecord) says(i int, field string) bool {
	if i >= len(k.Header.Fields) || k.Header.Fields[i] != field {
		i = k.Header.Index(field)
	}
	return i >= 0 && k.Values[i] != ""
}
