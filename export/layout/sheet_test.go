package layout

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
)

var basic = []string{"Login", "Email", "First Name", "Last Name", "Employee Number"}

// sheet returns a sheet of the basic columns and more, with Employee Number as key.
func sheet(t testing.TB, change func(*Options), more ...string) *Sheet {
	t.Helper()
	o := Options{Columns: append(slices.Clone(basic), more...), Key: "Employee Number"}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func set(text string) export.Cell { return export.Cell{Text: text, State: export.Set} }

// person returns a row that breaks no rule, with more cells after the basic ones.
func person(n int, more ...export.Cell) *export.Row {
	return &export.Row{
		Origin: export.Origin{File: "hr.csv", Line: n + 1},
		Cells: append([]export.Cell{
			set(fmt.Sprintf("user%d", n)), set(fmt.Sprintf("user%d@example.com", n)), set("Zoë"), set("O'Neil"), set(fmt.Sprintf("%06d", n)),
		}, more...),
	}
}

func rules(faults []export.Fault) string {
	var list []string
	for _, f := range faults {
		list = append(list, f.Field+":"+f.Rule)
	}
	return strings.Join(list, " ")
}

func TestCheckValue(t *testing.T) {
	long := strings.Repeat("é", 41)
	for _, c := range []struct{ column, text, want, rule string }{ // want "" means text
		{"Status", "active", "", ""},
		{"Status", "INACTIVE", "inactive", ""},
		{"Status", "true", "", "value"},
		{"Status", "Terminated", "", "value"},
		{"Employee Number", "00101", "", ""},
		{"Employee Number", "12E45", "", ""},
		{"Employee Number", " 00101", "00101", ""},
		{"Employee Number", "'00101", "", "spreadsheet"},
		{"Employee Number", " '00101", "'00101", "spreadsheet"},
		{"Employee Number", `="00101"`, "", "spreadsheet"},
		{"Employee Number", "1.23457E+11", "", "spreadsheet"},
		{"Employee Number", "’00101", "", "spreadsheet"},
		{"Employee Number", "1E5", "", ""},
		{"Login", "'anna", "", "spreadsheet"},
		{"Login", "‘anna", "", "spreadsheet"},
		{"Login", "o'neil", "", ""},
		{"Approver Login", "'anna", "", "spreadsheet"},
		{"Email", "'anna@example.com", "", "spreadsheet"},
		{"Email", "’anna@example.com", "", "spreadsheet"},
		{"Email", "o'neil@example.com", "", ""},
		{"Last Name", "'t Hooft", "", ""},
		{"Last Name", "’t Hooft", "", ""},
		{"Purchasing User", "Yes", "", ""},
		{"Purchasing User", "no", "No", ""},
		{"Purchasing User", "TRUE", "Yes", ""},
		{"Purchasing User", "F", "No", ""},
		{"Purchasing User", "t", "Yes", ""},
		{"Purchasing User", "n", "No", ""},
		{"Purchasing User", "1", "", "value"},
		{"Purchasing User", "oui", "", "value"},
		{"Receive Coupa Emails", "yes", "Yes", ""},
		{"Receive Coupa Emails", "True", "", "value"},
		{"Authentication Method", "saml", "SAML", ""},
		{"Authentication Method", "coupa_credentials", "Coupa_Credentials", ""},
		{"Authentication Method", "kerberos", "", "value"},
		{"Employee Payment Channel", "coupapay", "CoupaPay", ""},
		{"Generate Password And Notify User", "No", "", ""},
		{"Generate Password And Notify User", "yes", "Yes", "notify"},
		{"Default Locale", "de-AT", "", ""},
		{"Default Locale", "EN-gb", "en-GB", ""},
		{"Default Locale", "en_TW", "", ""},
		{"Default Locale", "en-US", "", "locale"},
		{"Default Currency", "EUR", "", ""},
		{"Default Currency", "chf", "CHF", ""},
		{"Default Currency", "XCG", "", ""},
		{"Default Currency", "XXX", "", "currency"},
		{"Default Currency", "ABC", "", "currency"},
		{"Default Currency", "US Dollar", "", "length currency"},
		{"Country Of Residence Code", "DE", "", ""},
		{"Country Of Residence Code", "fr", "FR", ""},
		{"Country Of Residence Code", "XK", "", ""},
		{"Country Of Residence Code", "UK", "", "country"},
		{"Country Of Residence Code", "DDR", "", "country"},
		{"Country Of Residence Code", "YU", "", "country"},
		{"Country Of Residence Code", "Germany", "", "length country"},
		{"Approval Limit", "1000.00 USD", "", ""},
		{"Approval Limit", "1000 eur", "1000 EUR", ""},
		{"Approval Limit", "Director", "", ""},
		{"Approval Limit", "2nd Level", "", ""},
		{"Approval Limit", "L1", "", ""},
		{"Approval Limit", "Grade 7 EUR", "", ""},
		{"Approval Limit", "1000", "", "limit"},
		{"Approval Limit", "1,000.00 USD", "", "limit"},
		{"Approval Limit", "1.000,00 EUR", "", "limit"},
		{"Approval Limit", "1000.00USD", "", "limit"},
		{"Approval Limit", "1000.00  USD", "", "limit"},
		{"Approval Limit", "1000.00 XYZ", "", "limit"},
		{"Approval Limit", "USD 1000", "", "limit"},
		{"Approval Limit", "-5 USD", "", "limit"},
		{"Approval Limit", "$500", "", "limit"},
		{"Approval Limit", "500 €", "", "limit"},
		{"Phone Work", "555-123-4567", "", ""},
		{"Phone Work", "555-123-4567 ext. 12", "", ""},
		{"Phone Work", "+44 207-183-8750", "", ""},
		{"Phone Work", "+33 612-34-5678", "", ""},
		{"Phone Work", "1 222-333-4444 ext. 12345", "", ""},
		{"Phone Work", "(555) 123-4567", "", "phone"},
		{"Phone Work", "5551234567", "", "phone"},
		{"Phone Work", "555-123-456", "", "phone"},
		{"Phone Work", "+44 2071838750", "", "phone"},
		{"Phone Work", "+4444 207-183-8750", "", "phone"},
		{"Phone Work", "555-123-4567 ext. x", "", "phone"},
		{"Email", "Ann.O'Neil+x@mail.example.co", "", ""},
		{"Email", "zoë@bücher.example", "", ""},
		{"Email", "ann@example", "", "email"},
		{"Email", "ann@@example.com", "", "email"},
		{"Email", "ann..b@example.com", "", "email"},
		{"Email", ".ann@example.com", "", "email"},
		{"Email", "Ann <ann@example.com>", "", "email"},
		{"Email", "ann@-example.com", "", "email"},
		{"Email", "ann@example.c", "", "email"},
		{"Email", "ann@10.0.0.1", "", "email"},
		{"Email", "ann@example.com ", "ann@example.com", ""},
		{"Email", "ann b@example.com", "", "email"},
		{"Email", "@example.net", "", "email"},
		{"Email", strings.Repeat("a", 65) + "@example.com", "", "email"},
		{"Id", "4711", "", ""},
		{"Id", "47.11", "", "integer"},
		{"Id", "-1", "", "integer"},
		{"Id", "0", "", "integer"},
		{"Id", "000", "", "integer"},
		{"Id", "10", "", ""},
		{"Account Security Type", "2", "", ""},
		{"Account Security Type", "3", "", "value"},
		{"Business Group Security Type", "1", "", ""},
		{"Business Group Security Type", "2", "", "value"},
		{"User Role Names", "Buyer,User", "", ""},
		{"User Role Names", "Buyer, Our Own Role ", "Buyer,Our Own Role", ""},
		{"User Role Names", "--NULL--", "", ""},
		{"User Role Names", "Buyer,,User", "", "list"},
		{"User Role Names", "Buyer," + long, "", "length"},
		{"User Role Names", ", " + long, "," + long, "list length"},
		{"Content Groups", long, "", ""},
		{"Groups", strings.Repeat("g", 256), "", "length"},
		{"Login", "a", "", "length"},
		{"Login", "ab", "", ""},
		{"First Name", strings.Repeat("é", 40), "", ""},
		{"First Name", long, "", "length"},
		{"First Name", "a\x00b", "", "control"},
		{"First Name", "abcdefgh\x7f", "", "control"},
		{"First Name", "12345\x1f78", "", "control"},
		{"First Name", "a\u0085b", "", "control"},
		{"First Name", "a\rb", "", "control"},
		{"First Name", "a\xffb", "", "utf8"},
		{"First Name", "two\r\nlines\tand tab", "two\nlines\tand tab", ""},
		{"First Name", "plain text of some length, with (signs) ~", "", "length"},
		{"Department", "007", "", ""},
		{"School Name", "anything, \"goes\"", "", ""},
	} {
		at := slices.Index(basic, c.column)
		var more []string
		if at < 0 {
			more = []string{c.column}
		}
		s := sheet(t, func(o *Options) { o.Custom = []string{"School Name"} }, more...)
		row := person(1, make([]export.Cell, len(more))...)
		if at < 0 {
			at = len(basic)
		}
		row.Cells[at] = set(c.text)
		if c.want == "" {
			c.want = c.text
		}
		faults := s.Check(row)
		var got []string
		for _, f := range faults {
			got = append(got, f.Rule)
			if f.Field != c.column || f.Origin != row.Origin || f.Message == "" {
				t.Errorf("%s: %+q: fault %+v", c.column, c.text, f)
			}
			if len(c.text) > 4 && strings.Contains(f.Message, c.text) {
				t.Errorf("%s: %+q: the message quotes the value: %s", c.column, c.text, f.Message)
			}
		}
		if strings.Join(got, " ") != c.rule {
			t.Errorf("%s: %+q: broke %q, want %q", c.column, c.text, got, c.rule)
		}
		if row.Cells[at].Text != c.want {
			t.Errorf("%s: %+q became %+q, want %+q", c.column, c.text, row.Cells[at].Text, c.want)
		}
	}
}

func TestCheckTellsEveryBrokenRule(t *testing.T) {
	s := sheet(t, nil, "Status", "Department")
	row := &export.Row{Cells: []export.Cell{{}, set("nobody"), set(" "), set(""), {}, set("gone"), {State: export.Clear}}}
	want := "Login:required Email:email First Name:required Last Name:required Employee Number:key Status:value Department:clear"
	if got := rules(s.Check(row)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCheckClear(t *testing.T) {
	s := sheet(t, nil, "User Role Names", "Remove Default Address", "Content Groups")
	cleared := export.Cell{State: export.Clear}
	row := person(1, cleared, cleared, cleared)
	if got := rules(s.Check(row)); got != "Content Groups:clear" {
		t.Errorf("faults %s", got)
	}
	if want := []export.Cell{set("--NULL--"), set("Yes"), cleared}; !cmp.Equal(row.Cells[5:], want) {
		t.Errorf("cells %v, want %v", row.Cells[5:], want)
	}
}

// TestCheckBlanks: a cell of blanks of any kind alone says as little as an empty one, whatever its column takes.
func TestCheckBlanks(t *testing.T) {
	columns := []string{"Department", "User Role Names", "Status", "Default Currency", "Sso Identifier"}
	s := sheet(t, nil, columns...)
	for name, check := range map[string]func(*export.Row) []export.Fault{"plain": func(r *export.Row) []export.Fault { return s.Check(r) }, "fast": s.Checker().Check} {
		r := person(1, set("\u00a0"), set(" \u3000"), set("   "), set("\u200b \t"), set("\u00a0\u2060"))
		if faults := check(r); len(faults) > 0 {
			t.Errorf("%s: %v", name, faults)
		}
		for i, column := range columns {
			if cell := r.Cells[len(basic)+i]; cell.State != export.Absent {
				t.Errorf("%s: %s is sent as %q", name, column, cell.Text)
			}
		}
	}
}

func TestCheckNotifyAllowed(t *testing.T) {
	s := sheet(t, func(o *Options) { o.AllowNotify = true }, notifyColumn)
	if got := s.Check(person(1, set("y"))); got != nil {
		t.Errorf("faults %v", got)
	}
}

func TestCheckGoodRowAllocatesNothing(t *testing.T) {
	s, row := wide(t)
	if got := s.Check(row); got != nil {
		t.Fatalf("faults %v", got)
	}
	if n := testing.AllocsPerRun(100, func() { s.Check(row); s.Carried(row); s.Warnings(row) }); n != 0 {
		t.Errorf("%v allocations a row", n)
	}
}

func TestWarnings(t *testing.T) {
	s := sheet(t, nil, "Default Locale")
	if got := rules(s.Warnings(person(1, set("en_TW")))); got != "Default Locale:locale" {
		t.Errorf("warnings %q", got)
	}
	if got := s.Warnings(person(1, set("en-GB"))); got != nil {
		t.Errorf("warnings %v", got)
	}
}

// TestNoName: a name that a database writes for no value is doubted in a name alone, and is sent. Field case 23.
func TestNoName(t *testing.T) {
	for text, want := range map[string]string{
		"NULL": "Last Name:name", "(null)": "Last Name:name", `\N`: "Last Name:name", "#N/A": "Last Name:name", "n/a": "Last Name:name",
		"Null": "", "None": "", "-": "", "Nullmeier": "", "N": "", "": "",
	} {
		s := sheet(t, nil, "Department")
		row := person(1, set("NULL"))
		row.Cells[3] = set(text)
		if got := rules(s.Warnings(row)); got != want {
			t.Errorf("%q: warned of %q, want %q", text, got, want)
		}
	}
}

func TestNewFaults(t *testing.T) {
	many := make([]string, export.MaxColumns+1)
	for _, c := range []struct {
		o    Options
		want []string // what is wrong | what to do
	}{
		{Options{}, []string{`"Login" is not mapped`, `"Email" is not mapped`, `"First Name" is not mapped`, `"Last Name" is not mapped`, `key column "" is none`}},
		{Options{Columns: basic, Key: "Id"}, []string{`key column "Id" is not mapped`}},
		{Options{Columns: basic, Key: "Email"}, []string{`key column "Email" is none of Coupa's keys | use Id, Employee Number, Login`}},
		{Options{Columns: append([]string{"Login"}, basic...), Key: "Login"}, []string{`"Login" is mapped twice`}},
		{Options{Columns: append([]string{"Email*"}, basic...), Key: "Login"}, []string{`"Email*" must be written "Email"`}},
		{Options{Columns: append([]string{"Firstname", "Zodiac Sign"}, basic...), Key: "Login"},
			[]string{`"Firstname" is not one of Coupa's | did you mean "First Name"`, `"Zodiac Sign" is not one of Coupa's | hr2coupa layout`}},
		{Options{Columns: append([]string{"Pcard Number", "Pcard Cvv"}, basic...), Key: "Login"},
			[]string{`"Pcard Number" is card data`, `"Pcard Cvv" is never sent`}},
		{Options{Columns: append([]string{"Pcard Number", "Pcard Cvv"}, basic...), Key: "Login", CardReason: "agreed"}, []string{`"Pcard Cvv" is never sent`}},
		{Options{Columns: basic, Key: "Login", Custom: []string{"A,B", "-", "omitempty", "partial", "default=x", " X", "", "Y*", "Email", "Z", "Z", "a\nb"}},
			[]string{`"A,B" has a comma`, `"-" is a word`, `"omitempty" is`, `"partial" is`, `"default=x" is`, `" X" is empty`, `"" is empty`, `"Y*" ends`, `"Email" is one`, `"Z" is listed twice`, `has a control`}},
		{Options{Columns: many, Key: "Login"}, []string{"129 columns are mapped, at most 128"}},
	} {
		_, err := New(c.o)
		if err == nil {
			t.Errorf("%v: no error", c.o)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		if len(lines) != len(c.want) {
			t.Errorf("%v: %d faults, want %d:\n%v", c.o, len(lines), len(c.want), err)
		}
		told := ""
		for _, m := range export.Messages(err) {
			told += strings.Join(m.Lines, "\n") + " | " + strings.Join(m.Hints, "\n") + "\n"
		}
		for _, w := range c.want {
			if !strings.Contains(told, w) {
				t.Errorf("%v: no %q in\n%v", c.o, w, told)
			}
		}
	}
}

func TestCarried(t *testing.T) {
	names := func(s *Sheet, in export.ColumnSet) string {
		return strings.TrimSpace(string(s.Header(in)))
	}
	row := person(1, export.Cell{}, set("x"), export.Cell{}, export.Cell{})
	more := []string{"Department", "School Name", "Middle Name", "Content Groups"}
	custom := func(o *Options) { o.Custom = []string{"School Name"} }
	s := sheet(t, custom, more...)
	if got, want := names(s, s.Carried(row)), `"Employee Number","Login","Email","First Name","Last Name","School Name"`; got != want {
		t.Errorf("carried %s\nwant    %s", got, want)
	}
	s = sheet(t, func(o *Options) { custom(o); o.BlankSend = true }, more...)
	if got, want := names(s, s.Carried(row)), `"Employee Number","Login","Email","First Name","Last Name","Middle Name","School Name"`; got != want {
		t.Errorf("blank: send: carried %s\nwant    %s", got, want)
	}
	s = sheet(t, func(o *Options) { custom(o); o.Key = "Login" }, more...)
	if got, want := names(s, s.Carried(row)), `"Login","Email","First Name","Last Name","School Name"`; got != want {
		t.Errorf("key login: carried %s\nwant    %s", got, want)
	}
	if got := s.LeftOut(); !slices.Equal(got, []string{"Employee Number"}) {
		t.Errorf("left out %q", got)
	}
	if s.First(row) != 0 || !slices.Equal(s.Unique(), []int{0, 1, 4}) {
		t.Errorf("key %d, unique %v", s.First(row), s.Unique())
	}
}

// TestCarriedChecked: where a row has an Id, it is the key, whatever other keys there are. A row without one is as
// without Checked.
func TestCarriedChecked(t *testing.T) {
	for _, c := range []struct {
		key       string
		blank     bool
		known     bool
		numbered  bool
		want, bad string
	}{
		{"Employee Number", false, true, true, `"Id","Employee Number","Login","Email","First Name","Last Name"`, ""},
		{"Employee Number", false, true, false, `"Id","Login","Email","First Name","Last Name"`, ""},
		{"Employee Number", false, false, true, `"Employee Number","Login","Email","First Name","Last Name"`, ""},
		{"Employee Number", false, false, false, `"Employee Number","Login","Email","First Name","Last Name"`, "Employee Number:key"},
		{"Login", false, true, true, `"Id","Login","Email","First Name","Last Name","Employee Number"`, ""},
		{"Login", false, false, true, `"Login","Email","First Name","Last Name"`, ""},
		{"Login", true, true, true, `"Id","Login","Email","First Name","Last Name","Employee Number"`, ""},
		{"Login", true, false, true, `"Login","Email","First Name","Last Name"`, ""},
	} {
		s := sheet(t, func(o *Options) { o.Key, o.Checked, o.BlankSend = c.key, true, c.blank }, "Id")
		row := person(1, export.Cell{})
		if c.known {
			row.Cells[5] = set("4711")
		}
		if !c.numbered {
			row.Cells[4] = export.Cell{}
		}
		if got := rules(s.Checker().Check(row)); got != c.bad {
			t.Errorf("%+v: broke %q", c, got)
		}
		if got := strings.TrimSpace(string(s.Header(s.Carried(row)))); got != c.want {
			t.Errorf("%+v: carried %s", c, got)
		}
	}
	if _, err := New(Options{Columns: basic, Key: "Login", Checked: true}); err == nil {
		t.Error("a sheet without a place for the Id")
	}
}

func TestCodes(t *testing.T) {
	count := 0
	for i := range 26 * 26 {
		if _, ok := countryCode(string([]byte{'A' + byte(i/26), 'A' + byte(i%26)})); ok {
			count++
		}
	}
	if count != 250 { // 249 of ISO 3166-1 and Kosovo
		t.Errorf("%d country codes, want 250", count)
	}
	for _, code := range strings.Fields("AFN AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD INR JPY MXN NOK PLN SEK SGD USD ZAR VES SLE MRU") {
		if _, ok := currencyCode(code); !ok {
			t.Errorf("%s is not known", code)
		}
	}
}

func TestLookup(t *testing.T) {
	if c, ok := Lookup("Employee Number"); !ok || c.API != "employee-number" {
		t.Errorf("%+v, %v", c, ok)
	}
	if _, ok := Lookup("employee number"); ok {
		t.Error("a name of other case was found")
	}
	for _, name := range []string{idColumn, loginColumn, numberColumn, statusColumn, notifyColumn} {
		if _, ok := Lookup(name); !ok {
			t.Errorf("%s is not in the table", name)
		}
	}
}

// wide returns a sheet of 20 columns and a good row.
func wide(t testing.TB) (*Sheet, *export.Row) {
	more := []string{"Status", "Purchasing User", "Expense User", "Department", "Phone Work", "Approval Limit", "Approver Login",
		"Default Account Code", "User Role Names", "Default Currency", "Default Locale", "Content Groups", "Default Address City",
		"Country Of Residence Code", "Middle Name"}
	s := sheet(t, nil, more...)
	return s, person(4711, set("active"), set("Yes"), set("No"), set("Research and Development"), set("555-123-4567"),
		set("1000.00 USD"), set("boss.of.all@example.com"), set("100-200-300-4000"), set("Buyer,User"), set("EUR"), set("de-AT"),
		set("Everyone"), set("Wien"), set("AT"), set("Maria"))
}

func BenchmarkCheck(b *testing.B) {
	s, row := wide(b)
	b.ReportAllocs()
	for b.Loop() {
		if s.Check(row) != nil {
			b.Fatal("faults")
		}
		s.Carried(row)
	}
}

func BenchmarkCheckBroken(b *testing.B) {
	s, row := wide(b)
	row.Cells[5].Text, row.Cells[1].Text = "gone", "nobody"
	for b.Loop() {
		if len(s.Check(row)) != 2 {
			b.Fatal("faults")
		}
	}
}

// TestNullWord: the word that a mapping keeps out of HR's data is the one by which a column of the table is cleared.
func TestNullWord(t *testing.T) {
	found := false
	for _, c := range Columns() {
		found = found || c.Clear == export.NullWord
		if c.Clear != "" && c.Clear != export.NullWord && c.Name != "Remove Default Address" {
			t.Errorf("column %q is cleared by %q, which mappings let through from HR", c.Name, c.Clear)
		}
	}
	if !found {
		t.Errorf("no column is cleared by %s", export.NullWord)
	}
}
