package undo

import (
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/undone"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

func text(s string) export.Value { return export.Value{Text: s} }

func list(names ...string) export.Value { return export.Value{List: names} }

// TestBack: a cell goes back where Coupa still holds it as the run has left it, and where the value from before can be written.
func TestBack(t *testing.T) {
	t.Parallel()
	phone := export.Value{Parts: map[string]string{"country-code": "44", "area-code": "20", "number": "7946-0958", "extension": "12"}}
	limit := export.Value{Parts: map[string]string{"name": "", "amount": "500.0", "currency.code": "USD"}}
	for name, c := range map[string]struct {
		column, old, new string
		held             export.Value
		csv              bool
		want             string
		why              undone.Reason
	}{
		"as the run has left it":                {"Last Name", "Roe", "Doe", text("Doe"), true, "Roe", ""},
		"changed since":                         {"Last Name", "Roe", "Doe", text("Poe"), true, "", undone.Changed},
		"emptied since":                         {"Last Name", "Roe", "Doe", export.Value{}, true, "", undone.Changed},
		"as before already":                     {"Last Name", "Roe", "Doe", text("Roe"), true, "", undone.AsBefore},
		"empty before, by API":                  {"Title", "", "Boss", text("Boss"), false, export.NullWord, ""},
		"empty before, by CSV":                  {"Title", "", "Boss", text("Boss"), true, "", undone.Empty},
		"empty before, and emptied since":       {"Title", "", "Boss", export.Value{}, true, "", undone.AsBefore},
		"emptied by the run":                    {"Title", "Boss", "", export.Value{}, true, "Boss", ""},
		"emptied by the run, filled since":      {"Title", "Boss", "", text("Head"), true, "", undone.Changed},
		"a login in another case":               {"Login", "Roe", "roe", text("roe"), true, "Roe", ""},
		"a login in the case from before":       {"Login", "Roe", "roe", text("Roe"), true, "", undone.AsBefore},
		"a deactivation":                        {"Status", "active", "inactive", text("false"), true, "active", ""},
		"a reactivation":                        {"Status", "inactive", "active", text("true"), true, "inactive", ""},
		"a flag":                                {"Purchasing User", "false", "Yes", text("true"), true, "No", ""},
		"a flag that was null is No":            {"Purchasing User", "", "Yes", text("true"), true, "No", ""},
		"a list":                                {"User Role Names", "User,Buyer", "User", list("User"), true, "User,Buyer", ""},
		"a list that was added to since":        {"User Role Names", "User,Buyer", "User", list("User", "Admin"), true, "", undone.Changed},
		"a list that was empty, by CSV":         {"User Role Names", "", "User", list("User"), true, export.NullWord, ""},
		"a phone number of parts":               {"Phone Mobile", phone.Show(export.KindPhone), "+1 555-0100", export.Value{Parts: map[string]string{"country-code": "1", "area-code": "555", "number": "0100"}}, true, phone.Show(export.KindPhone), ""},
		"a phone number as before already":      {"Phone Mobile", phone.Show(export.KindPhone), "+1 555-0100", phone, true, "", undone.AsBefore},
		"a limit of parts":                      {"Requisition Approval Limit", limit.Show(export.KindLimit), "900 USD", export.Value{Parts: map[string]string{"amount": "900.00", "currency.code": "USD"}}, true, "500.0 USD", ""},
		"a look-up of a custom field":           {"Cost Area", "West", "East", export.Value{Parts: map[string]string{"id": "8", "name": "East"}}, true, "West", ""},
		"an address":                            {"Remove Default Address", "7", "", export.Value{}, true, "", undone.Form},
		"who it is":                             {"Employee Number", "", "000101", text("000101"), false, "", undone.Identity},
		"a column that is mapped no more":       {"Locale", "en", "de", text("de"), true, "", undone.Unmapped},
		"mapped no more, and changed meanwhile": {"Locale", "en", "de", text("fr"), true, "", undone.Changed},
	} {
		e, ok := coupa.Element(c.column)
		if !ok {
			t.Fatalf("%s: Coupa shows no %s", name, c.column)
		}
		r := road{byAPI: !c.csv, mapped: func(column string) bool { return column != "Locale" }, identity: func(column string) bool { return column == "Employee Number" }}
		got, why := r.back(export.CellChange{Column: c.column, Old: c.old, New: c.new, Known: true}, e, c.held, true)
		if got != c.want || why != c.why {
			t.Errorf("%s: %q %q, want %q %q", name, got, why, c.want, c.why)
		}
	}
}

// TestBackUnknown: what is not known is not guessed.
func TestBackUnknown(t *testing.T) {
	t.Parallel()
	e, _ := coupa.Element("Last Name")
	all := func(string) bool { return true }
	none := func(string) bool { return false }
	r := road{mapped: all, identity: none}
	if _, why := r.back(export.CellChange{Column: "Last Name", New: "Doe"}, e, text("Doe"), true); why != undone.Unknown {
		t.Errorf("a value from before that is not known: %q", why)
	}
	if _, why := r.back(export.CellChange{Column: "Last Name", Old: "Roe", New: "Doe", Known: true}, e, export.Value{}, false); why != undone.Hidden {
		t.Errorf("a value that Coupa does not show: %q", why)
	}
	roles, _ := coupa.Element("User Role Names")
	lost := export.CellChange{Column: "User Role Names", Old: "Buyer, EU,User", New: "User", Known: true, Lost: []string{"Buyer, EU"}}
	if _, why := r.back(lost, roles, list("User"), true); why != undone.Form {
		t.Errorf("a name with a comma: %q", why)
	}
}
