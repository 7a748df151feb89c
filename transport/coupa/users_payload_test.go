package coupa

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/templates"
)

// must returns the elements of columns.
func must(t testing.TB, columns ...string) []export.Element {
	t.Helper()
	var out []export.Element
	for _, c := range columns {
		e, ok := Element(c)
		if !ok {
			t.Fatalf("no element for %s", c)
		}
		out = append(out, e)
	}
	return out
}

// cell returns a cell of a column; "" clears it.
func cell(t testing.TB, column, text string) export.ElementCell {
	t.Helper()
	c := export.Cell{Text: text, State: export.Set}
	if text == "" {
		c.State = export.Clear
	}
	return export.ElementCell{Element: must(t, column)[0], Cell: c}
}

func xmlAnswer(body string) *answer {
	return &answer{status: 200, body: []byte(body), header: http.Header{"Content-Type": {asXML}}}
}

func jsonAnswer(body string) *answer {
	return &answer{status: 200, body: []byte(body), header: http.Header{"Content-Type": {asJSON}}}
}

// TestUserPayloads: from the same user in XML and JSON, exactly the elements that were asked for are taken.
func TestUserPayloads(t *testing.T) {
	want := must(t, "Login", "Purchasing User", "Sourcing User", "Employee Number", "Phone Work", "Phone Mobile", "Last Name",
		"Status", "Account Security Type", "Department", "Approver Login", "Legal Entity Name", "Default Currency",
		"Default Address Street 1", "Default Address Street 2", "Default Address City", "Default Address Country Code",
		"Requisition Approval Limit", "User Role Names", "Content Groups", "School Name", "Site", "Remove Default Address",
		"Middle Name", "Warehouses")
	user := export.User{ID: "281", Values: map[string]export.Value{
		"login": {Text: "jdoe"}, "purchasing-user": {Text: "true"}, "sourcing-user": {Text: "false"},
		"employee-number": {}, "phone-work": {}, "legal-entity.name": {},
		"phone-mobile": {Parts: map[string]string{"country-code": "49", "area-code": "301", "number": "234-5678", "extension": ""}},
		"lastname":     {Text: "O'Neil & Söhne"}, "active": {Text: "true"}, "account-security-type": {Text: "0"},
		"department.name": {Text: `R&D, "Nord"`}, "manager.login": {Text: "boss"},
		"default-address.street1": {Text: "Main St 1"}, "default-address.street2": {}, "default-address.country.code": {Text: "DE"},
		"requisition-approval-limit": {Parts: map[string]string{"name": "500 dollars", "amount": "500.0", "currency.code": "USD"}},
		"roles[].name":               {List: []string{"User", "Buyer, Senior"}}, "content-groups[].name": {},
		"custom-fields.school-name": {Text: "Nord"}, "custom-fields.site": {Parts: map[string]string{"id": "9", "name": "Campus 1"}},
		// Unknown: default-currency.code (the object is there, its code is not), default-address.city, default-address as
		// an object (its id is not there), middlename, working-warehouses.
	}}
	for _, a := range []*answer{xmlAnswer(payload(t, "users.xml")), jsonAnswer(payload(t, "users.json"))} {
		got, err := readUsers(a, want)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]export.User{user}, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%v: %s", a.kind(), d)
		}
	}
}

func TestUserShapes(t *testing.T) {
	for name, tc := range map[string]struct {
		a     *answer
		users int
		fault string
	}{
		"bare XML":           {xmlAnswer(`<user><id type="integer">281</id></user>`), 1, ""},
		"bare JSON":          {jsonAnswer(`{"id":281}`), 1, ""},
		"none, nil classes":  {xmlAnswer(`<nil-classes type="array"/>`), 0, ""},
		"none, no type":      {xmlAnswer(`<users></users>`), 0, ""},
		"none, JSON":         {jsonAnswer(`[]`), 0, ""},
		"number with 19 9s":  {jsonAnswer(`[{"id":9007199254740993}]`), 1, ""},
		"no id":              {jsonAnswer(`[{"login":"jdoe"}]`), 0, "not a user with an id"},
		"errors under 200":   {jsonAnswer(`{"errors":{"user":["no"]}}`), 0, "not a user with an id"},
		"list of texts":      {jsonAnswer(`["a"]`), 0, "not a user with an id"},
		"null":               {jsonAnswer(`null`), 0, "not the JSON of users"},
		"other root":         {xmlAnswer(`<errors/>`), 0, "not the XML of users"},
		"truncated XML":      {xmlAnswer(payload(t, "users.xml")[:700]), 0, "ends too early"},
		"truncated JSON":     {jsonAnswer(payload(t, "users.json")[:300]), 0, "ends too early"},
		"empty":              {xmlAnswer(""), 0, "it is empty"},
		"nested without end": {jsonAnswer(strings.Repeat(`{"a":`, 100_000)), 0, "nested deeper than 40 levels"},
	} {
		got, err := readUsers(tc.a, nil)
		if (err == nil) != (tc.fault == "") || err != nil && !contains(bothFields(err), tc.fault) || len(got) != tc.users {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	if got, _ := readUsers(jsonAnswer(`[{"id":9007199254740993}]`), nil); got[0].ID != "9007199254740993" {
		t.Errorf("id %s", got[0].ID)
	}
}

// TestUnknownValues: a value that is not shown, or has an unknown shape, is unknown and never empty.
func TestUnknownValues(t *testing.T) {
	for body, known := range map[string]bool{
		`{"id":1,"roles":[{"id":2}]}`:                    false,
		`{"id":1,"roles":[{"id":2,"name":"User"},{}]}`:   false,
		`{"id":1,"roles":[{"name":{"en":"User"}}]}`:      false,
		`{"id":1,"roles":"User"}`:                        false,
		`{"id":1}`:                                       false,
		`{"id":1,"roles":["User"]}`:                      true,
		`{"id":1,"roles":[]}`:                            true,
		`{"id":1,"roles":null}`:                          true,
		`{"id":1,"roles":[{"name":null}]}`:               true,
		`{"id":1,"roles":{"role":{"name":"User"}}}`:      true,
		`{"id":1,"roles":{"role":{"id":2}}}`:             false,
		`{"id":1,"roles":[[{"name":"User"}]]}`:           false,
		`{"id":1,"roles":[{"name":"User","id":"text"}]}`: true,
	} {
		users, err := readUsers(jsonAnswer(body), must(t, "User Role Names"))
		if err != nil {
			t.Fatal(err)
		}
		if _, got := users[0].Value(must(t, "User Role Names")[0]); got != known {
			t.Errorf("%s: known %t", body, got)
		}
	}
	for body, known := range map[string]bool{
		`{"id":1,"department":{}}`:               false,
		`{"id":1,"department":{"id":3}}`:         false,
		`{"id":1,"department":"IT"}`:             false,
		`{"id":1,"department":{"name":{"a":1}}}`: false,
		`{"id":1,"department":[{"name":"IT"}]}`:  false,
		`{"id":1,"department":null}`:             true,
		`{"id":1,"department":""}`:               true,
		`{"id":1,"department":{"name":null}}`:    true,
	} {
		users, err := readUsers(jsonAnswer(body), must(t, "Department"))
		if err != nil {
			t.Fatal(err)
		}
		if _, got := users[0].Value(must(t, "Department")[0]); got != known {
			t.Errorf("%s: known %t", body, got)
		}
	}
}

// TestBodies: the body of a PUT is as in Coupa's samples.
func TestBodies(t *testing.T) {
	for _, tc := range []struct {
		name      string
		cells     []export.ElementCell
		xml, json string
	}{
		{"modify a user", []export.ElementCell{cell(t, "Last Name", "New & Name"), cell(t, "Email", "new@example.com")},
			"<lastname>New &amp; Name</lastname><email>new@example.com</email>", `{"email":"new@example.com","lastname":"New \u0026 Name"}`},
		{"deactivate", []export.ElementCell{cell(t, "Status", "inactive"), cell(t, "Purchasing User", "No")},
			"<active>false</active><purchasing-user>false</purchasing-user>", `{"active":false,"purchasing-user":false}`},
		{"add a role", []export.ElementCell{cell(t, "User Role Names", "Buyer,User")},
			"<roles><role><name>Buyer</name></role><role><name>User</name></role></roles>", `{"roles":[{"name":"Buyer"},{"name":"User"}]}`},
		{"no role", []export.ElementCell{cell(t, "User Role Names", ""), cell(t, "Content Groups", "")},
			"<roles/><content-groups/>", `{"content-groups":[],"roles":[]}`},
		{"no role, by word", []export.ElementCell{cell(t, "User Role Names", "--NULL--")}, "<roles/>", `{"roles":[]}`},
		{"references", []export.ElementCell{cell(t, "Department", "IT"), cell(t, "Approver Login", "boss"), cell(t, "Default Currency", "EUR")},
			"<department><name>IT</name></department><manager><login>boss</login></manager><default-currency><code>EUR</code></default-currency>",
			`{"default-currency":{"code":"EUR"},"department":{"name":"IT"},"manager":{"login":"boss"}}`},
		{"clear", []export.ElementCell{cell(t, "Employee Number", ""), cell(t, "Department", ""), cell(t, "Phone Work", "")},
			"<employee-number/><department/><phone-work/>", `{"department":null,"employee-number":null,"phone-work":null}`},
		{"address", []export.ElementCell{cell(t, "Default Address Street 1", "Main St 1"), cell(t, "Default Address Street 2", ""), cell(t, "Default Address Country Code", "DE")},
			"<default-address><street1>Main St 1</street1><street2/><country><code>DE</code></country></default-address>",
			`{"default-address":{"country":{"code":"DE"},"street1":"Main St 1","street2":null}}`},
		{"no address", []export.ElementCell{cell(t, "Remove Default Address", "Yes")}, "<default-address/>", `{"default-address":null}`},
		{"phone", []export.ElementCell{cell(t, "Phone Work", "+49 301-234-5678 ext. 9")},
			"<phone-work><country-code>49</country-code><area-code>301</area-code><number>234-5678</number><extension>9</extension></phone-work>",
			`{"phone-work":{"area-code":"301","country-code":"49","extension":"9","number":"234-5678"}}`},
		{"limits", []export.ElementCell{cell(t, "Approval Limit", "500.00 USD"), cell(t, "Expense Approval Limit", "Level 2")},
			"<approval-limit><amount>500.00</amount><currency><code>USD</code></currency></approval-limit><expense-approval-limit><name>Level 2</name></expense-approval-limit>",
			`{"approval-limit":{"amount":"500.00","currency":{"code":"USD"}},"expense-approval-limit":{"name":"Level 2"}}`},
		{"words", []export.ElementCell{cell(t, "Authentication Method", "Coupa_Credentials"), cell(t, "Account Security Type", "2"), cell(t, "Generate Password And Notify User", "No")},
			"<authentication-method>coupa_credentials</authentication-method><account-security-type>2</account-security-type><generate-password-and-notify>No</generate-password-and-notify>",
			`{"account-security-type":2,"authentication-method":"coupa_credentials","generate-password-and-notify":"No"}`},
		{"custom fields", []export.ElementCell{cell(t, "School Name", "Nord"), cell(t, "Größe", "")},
			"<custom-fields><school-name>Nord</school-name><größe/></custom-fields>", `{"custom-fields":{"größe":null,"school-name":"Nord"}}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for format, want := range map[string]string{
				"xml": `<?xml version="1.0" encoding="UTF-8"?>` + "\n<user>" + tc.xml + "</user>", "json": tc.json,
			} {
				got, err := userBody(format, tc.cells)
				if err != nil || string(got) != want {
					t.Errorf("got  %s, %v\nwant %s", got, err, want)
				}
			}
		})
	}
	for name, cells := range map[string][]export.ElementCell{
		"nothing":       nil,
		"absent":        {{Element: must(t, "Login")[0]}},
		"no removal":    {cell(t, "Remove Default Address", "No")},
		"neither":       {cell(t, "Purchasing User", "perhaps")},
		"id":            {cell(t, "Id", "7")},
		"segment":       {cell(t, "Default Account Code Segment-3", "7")},
		"no such name":  {cell(t, "2nd <School>", "x")},
		"no such thing": {{Element: export.Element{Column: "Pcard Number", Path: "pcard.number"}, Cell: export.Cell{Text: "4111", State: export.Set}}},
	} {
		if got, err := userBody("xml", cells); err == nil {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

// TestElements: every column of the layout either can be sent by API or has a reason why not, and card data never can.
func TestElements(t *testing.T) {
	refused := map[string]bool{}
	paths := map[string]string{}
	for _, c := range templates.UsersColumns() {
		e, ok := Element(c.Name)
		if err := Writable(c.Name); err != nil {
			refused[c.Name] = true
			if !contains(bothFields(err), c.Name) {
				t.Errorf("%v does not name the column", err)
			}
		}
		if ok && (e.Column != c.Name || paths[e.Path] != "" || c.Sensitive) {
			t.Errorf("%s: %+v, and %s has it too", c.Name, e, paths[e.Path])
		}
		paths[e.Path] = c.Name
		if ok && !refused[c.Name] && !c.List && len(c.Allowed) == 0 && c.Type == templates.TypeString && e.Kind != export.KindText && e.Kind != export.KindFold {
			t.Errorf("%s: kind %d", c.Name, e.Kind)
		}
		if (c.API == "" || c.Sensitive) && c.Name != removeColumn && !refused[c.Name] {
			t.Errorf("%s can be sent", c.Name)
		}
	}
	if n := len(refused); n != 35 {
		t.Errorf("%d columns are refused: %v", n, slices.Sorted(maps.Keys(refused)))
	}
	for _, name := range []string{"Login", "Status", "Approver Login", "User Role Names", "Groups", "School Name", "Remove Default Address"} {
		if err := Writable(name); err != nil {
			t.Error(err)
		}
	}
}

func TestFieldsOf(t *testing.T) {
	for want, columns := range map[string][]string{
		`["id"]`: {"Id"},
		`["id","login",{"roles":["name"]},{"department":["name"]}]`:                                                                          {"Login", "User Role Names", "Department", "Login"},
		`["id",{"default-address":["street1",{"country":["code"]},"id"]}]`:                                                                   {"Default Address Street 1", "Default Address Country Code", "Remove Default Address"},
		`["id",{"phone-work":["country-code","area-code","number","extension"]},{"approval-limit":["name","amount",{"currency":["code"]}]}]`: {"Phone Work", "Approval Limit"},
	} {
		if got := fieldsOf(must(t, columns...)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// FuzzReadUsers: reading ends for every answer.
func FuzzReadUsers(f *testing.F) {
	want := must(f, "Login", "User Role Names", "Phone Work", "Department", "Site")
	for _, name := range []string{"users.xml", "users.json", "user-errors.xml", "user-errors.json"} {
		f.Add(payload(f, name))
	}
	f.Fuzz(func(t *testing.T, body string) {
		users, err := readUsers(&answer{status: 200, body: []byte(body)}, want)
		if err != nil && users != nil {
			t.Error("users beside an error")
		}
		for _, u := range users {
			if u.ID == "" {
				t.Error("a user without an id")
			}
		}
	})
}
