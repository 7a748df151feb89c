package templates

import (
	"strings"
	"testing"
)

func TestUsersTable(t *testing.T) {
	table := UsersColumns()
	if len(table) != 110 {
		t.Fatalf("table has %d columns, the users import page lists 110", len(table))
	}
	if first, last := table[0].Name, table[109].Name; first != "Id" || last != "Invoicing User" {
		t.Errorf("table runs from %q to %q", first, last)
	}
	var required, unique, lists, sensitive []string
	names := map[string]bool{}
	for _, c := range table {
		if names[c.Name] {
			t.Errorf("%q stands twice", c.Name)
		}
		names[c.Name] = true
		if strings.TrimSpace(c.Name) != c.Name || strings.ContainsAny(c.Name, ",\"*") {
			t.Errorf("%q cannot be a column name", c.Name)
		}
		if c.List != (c.Type == TypeList) {
			t.Errorf("%s: type %s and list %v disagree", c.Name, c.Type, c.List)
		}
		if (c.Type == TypeBoolean || c.Type == TypeEnum) != (len(c.Allowed) > 0 && !c.Open && c.Type != TypeInteger) {
			t.Errorf("%s: type %s and allowed values %v disagree", c.Name, c.Type, c.Allowed)
		}
		add := func(to *[]string, is bool) {
			if is {
				*to = append(*to, c.Name)
			}
		}
		add(&required, c.Required)
		add(&unique, c.Unique)
		add(&lists, c.List)
		add(&sensitive, c.Sensitive)
	}
	for _, want := range []struct {
		what string
		got  []string
		want string
	}{
		{"required", required, "Login, Email, First Name, Last Name"},
		{"unique", unique, "Id, Login, Email, Employee Number, Mention Name"},
		{"lists", lists, "User Role Names, Content Groups, Account Group Names, Approval Group Names, Warehouses, Inventory Organizations, Groups, Projects"},
		{"sensitive", sensitive, "Pcard Name, Pcard Number, Pcard Expiration, Pcard Cvv"},
	} {
		if got := strings.Join(want.got, ", "); got != want.want {
			t.Errorf("%s columns: %s\nwant %s", want.what, got, want.want)
		}
	}
}

func TestUsersLocales(t *testing.T) {
	count := map[bool]int{}
	for _, l := range UsersLocales() {
		count[l.APIOnly]++
	}
	if count[false] != 50 || count[true] != 13 {
		t.Errorf("%d locales on the import page, %d only by API; want 50 and 13", count[false], count[true])
	}
}

func TestBrokenTable(t *testing.T) {
	head := strings.SplitN(string(usersLayout), "\n", 2)[0] + "\n"
	for name, table := range map[string]string{
		"empty":     head,
		"type":      head + "A,strng,,,,no,no,no,no,no,,,,\n",
		"flag":      head + "A,string,,,,maybe,no,no,no,no,,,,\n",
		"number":    head + "A,string,x,,,no,no,no,no,no,,,,\n",
		"sensitive": head + "A,string,,,,no,no,no,no,perhaps,,,,\n",
		"header":    "name,type\nA,string\n",
		"ragged":    head + "A,string\n",
	} {
		if _, err := parseTable([]byte(table), parseColumn); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
