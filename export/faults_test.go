package export

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestFaultWords: the words of faults, as results, logs and excerpts show them.
func TestFaultWords(t *testing.T) {
	row := Origin{File: "users.csv", Line: 3}
	long := Fault{Origin: row, Field: "Email", Rule: "length", Message: "is longer than 50 characters"}
	earlier := Fault{Origin: Origin{File: "users.csv", Line: 2}, Field: "Login", Rule: "required", Message: "is empty"}
	whole := Fault{Origin: row, Rule: "ragged", Message: "has 2 fields, header has 3; quote values"}
	for _, tt := range []struct {
		name   string
		faults Faults
		want   string
	}{
		{"none", nil, ""},
		{"a field of the row", Faults{long}, "Email: is longer than 50 characters"},
		{"the whole record", Faults{whole}, "has 2 fields, header has 3; quote values"},
		{"several", Faults{long, whole}, "Email: is longer than 50 characters; has 2 fields, header has 3; quote values"},
		{"of an earlier record", Faults{earlier, long}, "users.csv:2: Login: is empty; Email: is longer than 50 characters"},
		{"of a file as a whole", Faults{{Origin: Origin{File: "users.csv"}, Message: "is odd"}}, "users.csv: is odd"},
		{"Coupa's words name the column themselves", CoupaFaults("email", "Email is invalid", "Login is taken"), "Email is invalid; Login is taken"},
		{"whose task it is, is no word of it", Faults{{Rule: "protected", Message: "nobody changes her", Owner: "it@acme.example"}}, "nobody changes her"},
		{"as an older ledger has it", Faults{{Message: "Email: is odd; Login: is empty"}}, "Email: is odd; Login: is empty"},
		{"of an older ledger, as far as it is known", Faults{{Field: "Email", Message: "is odd; take it out"}}, "Email: is odd; take it out"},
	} {
		if got := tt.faults.About(row).Text(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestFaultsInJSON: results show words for faults, as they always did; the ledger stores the fields.
func TestFaultsInJSON(t *testing.T) {
	r := RowResult{
		Origin: Origin{File: "u.csv", Line: 2}, Lines: 1, Key: "E1", Outcome: Quarantined, Completed: ColumnNames{"Login", "Last Name"},
		Faults: Faults{{Field: "Email", Rule: "email", Message: `is <no> "address" & no name`}, {Rule: "protected", Message: "nobody changes her", Owner: "it@acme.example"}},
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		t.Fatal(err)
	}
	const words = `{"origin":{"file":"u.csv","line":2},"records":1,"key":"E1","outcome":"quarantined","completed":"Login, Last Name",` +
		`"reason":"Email: is <no> \"address\" & no name; nobody changes her"}` + "\n"
	if b.String() != words {
		t.Errorf("got  %swant %s", b.String(), words)
	}
	r.Faults, r.Completed = nil, nil
	if got, _ := json.Marshal(r); string(got) != `{"origin":{"file":"u.csv","line":2},"records":1,"key":"E1","outcome":"quarantined"}` {
		t.Errorf("without a fault: %s", got)
	}
	stored, err := json.Marshal([]Fault{{Field: "Email", Rule: "email", Message: "is odd", Origin: Origin{File: "u.csv", Line: 2}}, {Rule: RuleCoupa, Message: "no"}})
	const facts = `[{"origin":{"file":"u.csv","line":2},"field":"Email","rule":"email","message":"is odd"},{"rule":"coupa","message":"no"}]`
	if string(stored) != facts || err != nil {
		t.Errorf("stored as %s, %v", stored, err)
	}
}

// TestFaultsOwner: the config names one owner for a row, whichever of its faults has it.
func TestFaultsOwner(t *testing.T) {
	faults := Faults{{Rule: "email"}, {Rule: "protected", Owner: "it@acme.example"}}
	if got := faults.Owner() + Faults(nil).Owner(); got != "it@acme.example" {
		t.Error(got)
	}
	if before := faults; !reflect.DeepEqual(before.About(Origin{File: "x", Line: 1}), faults) {
		t.Error("faults without an origin have one")
	}
}

// TestStake: a fault gets the value of its field, or of the one with which Coupa's words begin: the longest that fits. What is on
// a card stays out, and so does the end of a long text. No words of a fault have the value.
func TestStake(t *testing.T) {
	t.Parallel()
	cells := []struct{ field, value string }{{"Approval Limit", "100"}, {"Approval Limit Currency", "EUR"}, {"Login", ""}, {"Email", strings.Repeat("ü", 41)}, {"Pcard Number", "4111"}}
	var fields []string
	for _, c := range cells {
		fields = append(fields, c.field)
	}
	faults := Faults{
		{Field: "Email", Rule: "length", Message: "is too long"}, {Field: "Login", Rule: "required", Message: "is empty"}, {Field: "employee_id", Rule: "key", Message: "is empty"},
		{Rule: RuleCoupa, Message: "approval limit currency is unknown"}, {Rule: RuleCoupa, Message: "Approval Limits differ"}, {Rule: "protected", Message: "Email is protected"},
		{Field: "Pcard Number", Rule: "length", Message: "is too long"},
	}
	before := faults.Text()
	faults.Stake(fields, func(i int) string { return cells[i].value })
	var got []string
	for _, f := range faults {
		got = append(got, f.Value)
	}
	if want := []string{strings.Repeat("ü", 40) + "…", "", "", "EUR", "", "", ""}; !slices.Equal(got, want) || faults.Text() != before || strings.Contains(faults[0].Error(), "ü") {
		t.Errorf("got %q, want %q; in words %q", got, want, faults.Text())
	}
}
