package layout

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const head = "Login,Email,First Name,Last Name"

func TestCheckReady(t *testing.T) {
	row := func(n int) string { return fmt.Sprintf("\nu%03d,u%d@example.com,Ann,Lee", n, n) }
	good := head + row(1) + row(2) + "\n"
	for _, c := range []struct {
		name, data string
		o          ReadyOptions
		want       []string // line:field:rule, or its beginning
	}{
		{"good", good, ReadyOptions{}, nil},
		{"crlf and quotes", strings.ReplaceAll("\"Login\",Email,First Name,Last Name\nu1,u1@example.com,\"An\"\"n\",\"Lee\nLi\"\n", "\n", "\r\n"), ReadyOptions{}, nil},
		{"empty file", "", ReadyOptions{}, []string{"1::header"}},
		{"header only", head + "\n", ReadyOptions{}, []string{"1::rows"}},
		{"no header", row(1)[1:] + "\n", ReadyOptions{}, []string{"1::header"}},
		{"semicolons", strings.ReplaceAll(good, ",", ";"), ReadyOptions{}, []string{"1::header"}},
		{"bom", bom + good, ReadyOptions{}, []string{"1::bom"}},
		{"not utf-8", head + row(1) + "\nu2,u2@example.com,Zo\xeb,Lee\n", ReadyOptions{}, []string{"3::utf8"}},
		{"nul", head + "\nu1,u1@example.com,A\x00nn,Lee\n", ReadyOptions{}, []string{"2:First Name:control"}},
		{"unknown column", "Login,Email,First Name,Last Name,Firstname\nu1,u1@example.com,Ann,Lee,Ann\n", ReadyOptions{}, []string{"1::header"}},
		{"custom column", "Login,Email,First Name,Last Name,School\nu1,u1@example.com,Ann,Lee,x\n", ReadyOptions{Custom: []string{"School"}}, nil},
		{"starred", "Login,Email*,First Name,Last Name\nu1,u1@example.com,Ann,Lee\n", ReadyOptions{}, []string{"1::header"}},
		{"duplicate header", head + ",Login\nu1,u1@example.com,Ann,Lee,u1\n", ReadyOptions{}, []string{"1::header"}},
		{"missing columns", "Login,First Name\nu1,Ann\n", ReadyOptions{}, []string{"1::header", "1::header"}},
		{"card", head + ",Pcard Number\nu1,u1@example.com,Ann,Lee,4111\n", ReadyOptions{}, []string{"1::card"}},
		{"card with reason", head + ",Pcard Number\nu1,u1@example.com,Ann,Lee,4111\n", ReadyOptions{CardReason: "agreed"}, nil},
		{"cvv with reason", head + ",Pcard Cvv\nu1,u1@example.com,Ann,Lee,411\n", ReadyOptions{CardReason: "agreed"}, []string{"1::card"}},
		{"ragged", head + row(1) + "\nu2,u2@example.com,Ann\n" + row(3)[1:], ReadyOptions{}, []string{"3::ragged"}},
		{"empty lines", head + row(1) + "\n\r\n" + row(2) + "\n\n", ReadyOptions{}, []string{"3::ragged", "6::ragged"}},
		{"broken quote", head + row(1) + "\nu2,u\"2@example.com,Ann,Lee" + row(3), ReadyOptions{}, []string{"3::quote"}},
		{"open quote", head + "\nu1,\"u1@example.com,Ann,Lee" + row(2), ReadyOptions{}, []string{"2::quote"}},
		{"duplicates", head + row(1) + "\nU001,U1@Example.com,Ann,Lee\n", ReadyOptions{}, []string{"3:Login:unique", "3:Email:unique"}},
		{"duplicate after a line break", head + "\nu1,u1@example.com,\"Ann\n\",Lee\nu1,u2@example.com,Ann,Lee\n", ReadyOptions{}, []string{"4:Login:unique"}},
		{"empty cell", head + ",Department\nu1,u1@example.com,Ann,Lee,\n", ReadyOptions{}, []string{"2:Department:empty"}},
		{"empty cell allowed", head + ",Department,Employee Number\nu1,u1@example.com,Ann,Lee,,\nu2,u2@example.com,Ann,Lee,,\n", ReadyOptions{AllowEmpty: true}, nil},
		{"empty required", head + "\nu1,u1@example.com, ,Lee\n", ReadyOptions{AllowEmpty: true}, []string{"2:First Name:required"}},
		{"broken values", head + ",Status,Phone Work\nu,u1@example,Ann,Lee,gone,1\n", ReadyOptions{},
			[]string{"2:Login:length", "2:Email:email", "2:Status:value", "2:Phone Work:phone"}},
		{"clear form", head + ",User Role Names\nu1,u1@example.com,Ann,Lee,--NULL--\n", ReadyOptions{}, nil},
		{"notify", head + ",Generate Password And Notify User\nu1,u1@example.com,Ann,Lee,Yes\n", ReadyOptions{}, []string{"2:Generate Password And Notify User:notify"}},
		{"rows", head + row(1) + row(2) + row(3), ReadyOptions{MaxRows: 2}, []string{"4::rows"}},
		{"bytes", good, ReadyOptions{MaxBytes: 20}, []string{"0::size"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, faults := CheckReady("f.csv", []byte(c.data), c.o)
			var got []string
			for _, f := range faults {
				got = append(got, fmt.Sprintf("%d:%s:%s", f.Origin.Line, f.Field, f.Rule))
				if f.Origin.File != "f.csv" || f.Message == "" || strings.Contains(f.Message, "u1") {
					t.Errorf("fault %+v", f)
				}
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("faults (-want +got)\n%s%v", d, faults)
			}
		})
	}
}

func TestCheckReadyRows(t *testing.T) {
	data := "Department,Login,Email,First Name,Last Name,Employee Number,Status,Default Locale\n" +
		"IT,u1,u1@example.com,\"An\nn\",Lee,007,active,en_TW\n" +
		"HR,u2,u2@example.com,Bo,Lee,008,Inactive,en\n"
	r, faults := CheckReady("f.csv", []byte(data), ReadyOptions{})
	if faults != nil {
		t.Fatal(faults)
	}
	want := []ReadyRow{
		{Line: 2, First: "IT", Key: "007", Login: "u1"},
		{Line: 4, First: "HR", Key: "008", Login: "u2", Inactive: true},
	}
	if d := cmp.Diff(want, r.Rows); d != "" {
		t.Error(d)
	}
	if r.Key != 5 || len(r.Columns) != 8 || rules(r.Warnings) != "Default Locale:locale" {
		t.Errorf("key %d, columns %q, warnings %v", r.Key, r.Columns, r.Warnings)
	}
}

// TestReadyTakesOurOwn: the encoder's output passes the check of ready files.
func TestReadyTakesOurOwn(t *testing.T) {
	s, row := wide(t)
	data := encode(t, s, append(people(120, row.Cells[5:]), row))
	r, faults := CheckReady("f.csv", data, ReadyOptions{})
	if faults != nil || len(r.Rows) != 121 {
		t.Errorf("%v", faults)
	}
	if r.Rows[120].First != "004711" || r.Rows[120].Line != 122 {
		t.Errorf("%+v", r.Rows[120])
	}
}
