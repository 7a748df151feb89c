package layout

import (
	"slices"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

// some are names of a list in tests.
type some map[string]bool

func (s some) Title() string        { return "x.txt" }
func (s some) Has(name string) bool { return s[name] }
func (s some) Near(name string) string {
	if name == "FINANCE" {
		return "Finance"
	}
	return ""
}

// TestReferences: a value is looked up in the list of its column after its own rules, names in a cell one by one.
func TestReferences(t *testing.T) {
	refer := func(loose bool) func(*Options) {
		return func(o *Options) {
			o.RefersLoose = loose
			o.References = map[string]Names{
				"Department": some{"Finance": true}, "User Role Names": some{"User": true, "Buyer": true}, "Approval Limit": some{"Senior": true}, "Default Currency": some{"EUR": true},
			}
		}
	}
	type values struct{ department, roles, limit, currency string }
	for _, tt := range []struct {
		values
		want []string // as "Field Value: Message"
	}{
		{values{"Finance", "User, Buyer", "1000.00 usd", "eur"}, nil},
		{values{"", "--NULL--", "Senior", ""}, nil},
		{values{"  Finance\u00a0", " User , Buyer ", " Senior ", " eur"}, nil}, // names are compared, and sent, without the blanks around them
		{values{" Finance ", "", "", ""}, nil},
		{values{"Fin ance", "", "", ""}, []string{"Department Fin ance: is not in the list x.txt"}},
		{values{"FINANCE", "", "", ""}, []string{`Department FINANCE: is like "Finance", but not in the list x.txt`}},
		{values{"Legal", "Buyer,Auditor,user", "Junior", "USD"}, []string{
			"Department Legal: is not in the list x.txt", "User Role Names Auditor: is not in the list x.txt", "User Role Names user: is not in the list x.txt",
			"Approval Limit Junior: is not in the list x.txt", "Default Currency USD: is not in the list x.txt",
		}},
		{values{"", "", "1,000", "EURO"}, []string{"Approval Limit 1,000: " + notLimit.message, "Default Currency EURO: " + notCurrency.message}}, // one fault says enough
	} {
		row := func() *export.Row {
			r := person(1, make([]export.Cell, 4)...)
			for i, text := range []string{tt.department, tt.roles, tt.limit, tt.currency} {
				if r.Cells[len(basic)+i] = (export.Cell{}); text != "" {
					r.Cells[len(basic)+i] = set(text)
				}
			}
			return r
		}
		columns := []string{"Department", "User Role Names", "Approval Limit", "Default Currency"}
		strict, loose := sheet(t, refer(false), columns...), sheet(t, refer(true), columns...)
		r := row()
		faults := export.Faults(strict.Checker().Check(r))
		faults.Stake(slices.Concat(basic, columns), func(i int) string { return r.Cells[i].Text })
		var got []string
		for _, f := range faults {
			got = append(got, f.Field+" "+f.Value+": "+f.Message)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%+v: got %q, want %q", tt.values, got, tt.want)
		}
		if w := strict.Warnings(r); len(w) > 0 {
			t.Errorf("%+v: warned twice of %v", tt.values, w)
		}
		if len(faults) > 0 && faults[0].Rule != ruleReference {
			continue // the row does not go, and so nothing warns of it
		}
		r = row()
		if f := loose.Checker().Check(r); len(f) > 0 {
			t.Errorf("%+v: with a warning, found %v", tt.values, f)
		}
		if w := loose.Warnings(r); len(w) != len(tt.want) {
			t.Errorf("%+v: warned of %v", tt.values, w)
		}
	}
}

func TestTakesNames(t *testing.T) {
	for column, want := range map[string]bool{
		"Department": true, "User Role Names": true, "Content Groups": true, "Default Currency": true, "Approval Limit": true, "School Name": true, "Default Address Location Code": true,
		"Login": false, "Email": false, "Employee Number": false, "First Name": false, "Approver Login": false, "Status": false, "Expense User": false, "Pcard Name": false, "Phone Work": false,
	} {
		if err := TakesNames(column); (err == nil) != want {
			t.Errorf("%s: %v", column, err)
		}
	}
}
