package known

import (
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

const file = "\ufeffKey,column,value,owner,reason,until\n" +
	"7,Department,Sales,it,\"moves, in spring\",2027-06-30\n" +
	"7,Status,keep,hr,back on Monday,\n" +
	"8,*,keep,hr,audit,2027-01-01\n" +
	" 9 ,Id,281,it,theirs,\n"

func read3(t *testing.T) *List {
	t.Helper()
	l, problems := Read("known.csv", []byte(file), []string{"Department", "Status", "Id"})
	if problems != nil {
		t.Fatal(problems)
	}
	return l
}

func TestRead(t *testing.T) {
	head := "key,column,value,owner,reason,until\n"
	for rows, want := range map[string]string{
		"":                                 "",
		"7,Departmnt,a,o,r,":               `the mapping fills no column "Departmnt"`,
		"7,Status,,o,r,":                   "has no value",
		"7,Status,--null--,o,r,":           "--NULL-- would empty the column in Coupa",
		"7,*,Sales,o,r,":                   "* is the whole person, who can only be kept as is",
		"7,Status,a,,r,":                   "has no owner or no reason",
		"7,Status,a,o, ,":                  "has no owner or no reason",
		",Status,a,o,r,":                   "has no key",
		"7,Status,a,o,r,2027-02-30":        "until is no date",
		"7,Status,a,o,r":                   "has 5 fields, the header has 6",
		"7,Status,a,o,\"r,":                "extraneous or missing \" in quoted-field",
		"7,Status,a,o,r,\n7,Status,b,o,r,": "says the same person and column as line 2",
		"7,Status,a,o,r,\n7,*,keep,o,r,":   "line 3 leaves the whole person as is",
		"7,*,keep,o,r,\n7,Status,a,o,r,":   "line 2 leaves the whole person as is",
	} {
		l, problems := Read("known.csv", []byte(head+rows), []string{"Department", "Status"})
		if want == "" {
			if l == nil || problems != nil {
				t.Errorf("%q: %v", rows, problems)
			}
			continue
		}
		if l != nil || len(problems) != 1 || !strings.Contains(problems[0].Message, want) || problems[0].Line < 2 {
			t.Errorf("%q: %v, want %q", rows, problems, want)
		}
	}
	for data, want := range map[string]string{"": "has no header", "key,column,value,owner,reason\n": `the header lacks "until"`, "key,key\n": `the header has "key"`, "colour\n": `the header has "colour"`} {
		if _, problems := Read("known.csv", []byte(data), nil); len(problems) != 1 || !strings.Contains(problems[0].Message, want) {
			t.Errorf("%q: %v, want %q", data, problems, want)
		}
	}
}

// TestDays: an override counts on its last day, and is told from the next on.
func TestDays(t *testing.T) {
	l := read3(t)
	last := time.Date(2027, 1, 1, 23, 59, 0, 0, time.FixedZone("", -36000))
	if f := l.On(last, "id").Kept("8"); f == nil || f.Message != "is left as is by known.csv:4 (hr, audit)" || l.Expired(last) != nil {
		t.Errorf("on the last day: %v, %v", f, l.Expired(last))
	}
	next := last.AddDate(0, 0, 1)
	if f := l.On(next, "id").Kept("8"); f != nil || len(l.Expired(next)) != 1 || l.Expired(next)[0].Error() != "known.csv:4: has ended on 2027-01-01, and is not applied any more" {
		t.Errorf("behind it: %v, %v", f, l.Expired(next))
	}
	if !l.SaysID() || !l.Ends() || len(l.Of("9")) != 1 || len(Lines([]byte(file), "9")) != 1 {
		t.Error(l.SaysID(), l.Ends(), l.Of("9"), Lines([]byte(file), "9"))
	}
	var none *List
	if none.On(last, "id") != nil || none.Expired(last) != nil || none.SaysID() || none.Ends() {
		t.Error("a config without overrides has some")
	}
}

// fixed is a mapping of constants; it says column 0 only of records that have its field.
type fixed struct{}

func (fixed) Columns() []string                             { return []string{"Department", "Status", "Id"} }
func (fixed) Fields() []string                              { return nil }
func (fixed) Bind(*export.Header) (export.RowMapper, error) { return fixed{}, nil }
func (fixed) Map(_ *export.Record, cells []export.Cell) []export.Fault {
	for i := range cells {
		cells[i] = export.Cell{Text: "HR", State: export.Set}
	}
	return []export.Fault{{Field: "Status", Message: "a fault"}}
}
func (fixed) MapColumn(*export.Record, int) (export.Cell, *export.Fault) {
	return export.Cell{Text: "HR", State: export.Set}, nil
}
func (fixed) Says(rec *export.Record, i int) bool          { return i > 0 || !rec.Missing[0] }
func (fixed) Given(*export.Record, int) bool               { return true }
func (fixed) Prefers(*export.Record) (bool, *export.Fault) { return true, nil }
func (fixed) Covers(*export.Record) (bool, *export.Fault)  { return true, nil }

func TestOver(t *testing.T) {
	m, err := read3(t).On(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), "id").Over(fixed{}).Bind(&export.Header{Fields: []string{"id"}})
	if err != nil {
		t.Fatal(err)
	}
	set := func(text string) export.Cell { return export.Cell{Text: text, State: export.Set} }
	for _, tt := range []struct {
		rec    export.Record
		want   [3]export.Cell
		faults int
	}{
		{export.Record{Values: []string{" 7"}}, [3]export.Cell{set("Sales"), {}, set("HR")}, 0},
		{export.Record{Values: []string{"7"}, Missing: []bool{true}}, [3]export.Cell{set("HR"), {}, set("HR")}, 0}, // the record does not say it
		{export.Record{Values: []string{"9"}}, [3]export.Cell{set("HR"), set("HR"), set("281")}, 1},
		{export.Record{Values: []string{"1"}}, [3]export.Cell{set("HR"), set("HR"), set("HR")}, 1},
	} {
		var got [3]export.Cell
		faults := m.Map(&tt.rec, got[:])
		if got != tt.want || len(faults) != tt.faults {
			t.Errorf("%v: %v, %v", tt.rec.Values, got, faults)
		}
		for i, want := range tt.want {
			if cell, _ := m.MapColumn(&tt.rec, i); cell != want {
				t.Errorf("%v, column %d: %v", tt.rec.Values, i, cell)
			}
		}
	}
	if m.Given(&export.Record{Values: []string{"7"}}, 1) || !m.Given(&export.Record{Values: []string{"7"}}, 0) {
		t.Error("a kept cell counts as one that the mapping has lost")
	}
}
