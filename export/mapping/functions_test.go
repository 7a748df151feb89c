package mapping

import (
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

var person = []string{
	"first=Zoë", "preferred=", "last=MÜLLER-o'neil", "email=Zoe@Example.COM", "active=y", "odd=perhaps", "status=Active",
	"gone", "born=05.03.2024", "hired=2024-03-31", "iso=2023-12-31", "roles= User , Buyer,,User", "semi=a;b;;c", "n=007",
	"id=E-0042", "title=Chief", "Employee ID=17", "blank=  ", "country=FR", "region=IDF", "mobile=+44 (0)20 7946-0958", "us=(415) 555-0100",
	"ssn=secretvalue",
}

func TestFunctions(t *testing.T) {
	tests := []struct{ expr, want string }{
		// fields
		{`first`, "Zoë"}, {`title`, "Chief"}, {`field("Employee ID")`, "17"}, {`gone`, ""}, {`preferred`, ""}, {`n`, "007"},
		// letters
		{`lower(email)`, "zoe@example.com"}, {`upper(first)`, "ZOË"}, {`lower(gone)`, ""}, {`lower(12)`, "12"}, {`upper(true)`, "TRUE"},
		{`trim(roles)`, "User , Buyer,,User"}, {`trim(blank) ?? first`, "Zoë"}, {`email | lower() | upper()`, "ZOE@EXAMPLE.COM"},
		{`title(last)`, "Müller-O'Neil"}, {`title("anne-marie d’angelo can't ßa ǆ 3rd")`, "Anne-Marie D’Angelo Can't ßa ǅ 3rd"}, {`title(gone)`, ""},
		{`ascii("Łódź ßæøŒđðþı İñ ﬁ Ａ e\u0301")`, "Lodz ssaeoOEddthi In fi A e"}, {`ascii("plain")`, "plain"}, {`ascii(gone)`, ""},
		// pieces
		{`replaceText(id, "-", "")`, "E0042"}, {`replaceText(id, "", "x")`, "E-0042"}, {`replaceText(gone, "a", "b")`, ""}, {`replaceText(id, "E-0042", "")`, ""},
		{`regexReplace(id, "^E-0*", "")`, "42"}, {`regexReplace(id, "([A-Z])-(\\d+)", "${2}$1")`, "0042E"}, {`regexReplace(gone, "a", "b")`, ""},
		{`regexReplace(id, "zzz", "b")`, "E-0042"}, {`regexReplace("aaa", "", "-")`, "-a-a-a-"}, {`regexReplace(id, "." + "*", "x")`, "x"},
		{`concat(first, " ", last)`, "Zoë MÜLLER-o'neil"}, {`concat(gone, preferred)`, ""}, {`concat(gone, "x", 1, 2.5, true)`, "x12.5true"},
		{`first + "!"`, "Zoë!"}, {`first + gone`, ""}, {`1 + 2`, "3"}, {`1 + 2.5`, "3.5"}, {`2.5 + 1.5`, "4"},
		{`substring("Zoë Ünal", 2, 3)`, "ë Ü"}, {`substring(first, 1)`, "oë"}, {`substring(id, -4)`, "0042"}, {`substring(id, -40, 1)`, "E"},
		{`substring(id, 99)`, ""}, {`substring(id, 0, -1)`, ""}, {`substring(gone, 0, 1)`, ""}, {`substring(id, 2, 99)`, "0042"},
		{`split(semi, ";")[0]`, "a"}, {`split(semi, ";")[-1]`, "c"}, {`split(semi, ";")[2] ?? "none"`, "none"}, {`split(semi, ";")[9]`, ""}, {`split(gone, ";")[0]`, ""},
		{`join(split(semi, ";"), ", ")`, "a, b, c"}, {`join(split(gone, ";"), ",")`, ""}, {`join([first, gone, 3], "/")`, "Zoë/3"}, {`join([gone], "/")`, ""},
		{`join(split(semi, ";"), "")`, "abc"}, {`first(split(semi, ";"))`, "a"}, {`last(split(semi, ";"))`, "c"}, {`first(split(gone, ";"))`, ""},
		{`len(first)`, "3"}, {`len(gone)`, "0"}, {`len(split(semi, ";"))`, "4"},
		{`join(map(split(semi, ";"), upper(#)), "+")`, "A+B+C"}, {`join(filter(split(semi, ";"), # != "a"), "")`, "bc"}, {`any(split(gone, ";"), true)`, "false"},
		{`count(split(semi, ";"), # == "")`, "1"}, {`find(split(semi, ";"), # == "b")`, "b"}, {`all(split(gone, ";"), false)`, "true"},
		// choices
		{`preferred ?? first`, "Zoë"}, {`gone ?? preferred ?? "x"`, "x"}, {`first == "Zoë" ? "a" : "b"`, "a"}, {`if(first == "x", "a", "b")`, "b"}, {`if(first == "x", "a")`, ""},
		{`if(active == "y", first, yesno(odd))`, "Zoë"}, {`preferred == "" ? "blank" : "full"`, "blank"}, {`preferred != nil ? "full" : "blank"`, "blank"},
		{`first == "Zoë" && !(last == "x") || false ? 1 : 2`, "1"}, {`country in ["FR", "DE"] ? "eu" : "no"`, "eu"}, {`gone in ["FR"] ? "eu" : "no"`, "no"},
		{`let f = preferred ?? first; f + "/" + f`, "Zoë/Zoë"}, {`email contains "@" ? "yes" : "no"`, "yes"}, {`first matches "^Z" ? "yes" : "no"`, "yes"},
		{`int(n) + 1`, "8"}, {`int(n) > 6 ? "big" : "small"`, "big"}, {`int(gone)`, ""}, {`int(2.0)`, "2"}, {`float("2.50")`, "2.5"}, {`float(gone)`, ""}, {`10 / 4`, "2.5"}, {`1 == 1`, "true"},
		{`float("1e21")`, "1000000000000000000000"}, {`-3 * 2`, "-6"},
		// tables
		{`lookup("status", status)`, "active"}, {`lookup("status", "x")`, ""}, {`lookup("status", gone)`, ""}, {`lookup("status", status) ?? "z"`, "active"},
		{`lookup("kind", "E")`, "employee"}, {`lookup("kind", "x")`, "other"}, {`lookup("kind", gone)`, "unnamed"}, {`lookup("st" + "atus", status)`, "active"},
		{`lookup("dept", country, region)`, "Paris, all"}, {`lookup("dept", country, gone)`, "France"}, {`lookup("dept", "DE", gone)`, "other"}, {`lookup("dept", gone, gone)`, ""},
		{`lookup("dept", "1:a", "b")`, "one"}, {`lookup("dept", 1, ":ab")`, "two"}, {`lookup("dept", "US", "CA")`, "other"},
		// yes and no
		{`yesno(active)`, "Yes"}, {`yesno(" TRUE ")`, "Yes"}, {`yesno("t")`, "Yes"}, {`yesno(1)`, "Yes"}, {`yesno("No")`, "No"}, {`yesno("F")`, "No"}, {`yesno("0")`, "No"},
		{`yesno(first == "x")`, "No"}, {`yesno(gone)`, ""}, {`yesno(blank)`, ""},
		// dates
		{`formatDate(date(born, "DD.MM.YYYY"), "YYYY-MM-DD")`, "2024-03-05"}, {`formatDate(hired, "D.M.YY")`, "31.3.24"}, {`formatDate(hired, "DD MMM YYYY, MMMM")`, "31 Mar 2024, March"},
		{`formatDate(date(gone, "DD.MM.YYYY"), "YYYY")`, ""}, {`formatDate(date("3/4/24", "M/D/YY"), "MM/DD/YYYY")`, "03/04/2024"}, {`formatDate(gone, "YYYY")`, ""},
		{`formatDate(date("20240102T1503", "YYYYMMDDTHHmm"), "hh:mm A")`, "03:03 PM"}, {`formatDate(date(date(hired)), "YYYY")`, "2024"},
		{`daysBetween(iso, hired)`, "91"}, {`daysBetween(hired, iso)`, "-91"}, {`daysBetween(gone, hired)`, ""}, {`daysBetween("2024-03-30", hired)`, "1"},
		{`formatDate(today(), "YYYY-MM-DD")`, "2024-02-29"}, {`daysBetween(date("2023-02-28"), today())`, "366"}, {`daysBetween(today(), "2024-03-01")`, "1"},
		{`date("2024-03-01") > today() ? "ahead" : "past"`, "ahead"}, {`date("2024-02-29") > today() ? "ahead" : "past"`, "past"}, {`date("2024-02-29") == today() ? "today" : "no"`, "today"},
		{`count(["2024-02-28", "2024-03-01"], date(#) > today())`, "1"}, {`let t = today(); formatDate(t, "D.M.")`, "29.2."}, {`if(daysBetween(gone, today()) == nil, "none", "some")`, "none"},
		{`date(hired) > date(iso) ? "later" : "before"`, "later"}, {`date(hired) == date(hired) ? "same" : "not"`, "same"},
		// phones
		{`phone(us, "US")`, "415-555-0100"}, {`phone("1-415-555-0100", "us")`, "415-555-0100"}, {`phone("+1 415.555.0100", "FR")`, "415-555-0100"}, {`phone(us, "CA")`, "+1 415-555-0100"},
		{`phone(mobile, "DE")`, "+44 207-946-0958"}, {`phone("020 7946 0958", "GB")`, "+44 207-946-0958"}, {`phone("0044 20 7946 0958", "US")`, "+44 207-946-0958"},
		{`phone("8 495 123-45-67", "RU")`, "+7 495-123-4567"}, {`phone("098765 43210", "IN")`, "+91 987-654-3210"}, {`phone("06 12345678", "IT")`, "+39 061-234-5678"}, {`phone(gone, "US")`, ""},
	}
	for _, tt := range tests {
		cell, fault := mapOne(t, Column{Expr: tt.expr}, record(person...))
		if fault != nil {
			t.Errorf("%s: fault %v", tt.expr, fault)
			continue
		}
		want := export.Cell{Text: tt.want, State: export.Set}
		if tt.want == "" {
			want.State = export.Absent
		}
		if cell != want {
			t.Errorf("%s = %+v, want %+v", tt.expr, cell, want)
		}
	}
}

func TestReplaceAndClear(t *testing.T) {
	tests := []struct {
		expr string
		list bool
		want export.Cell
	}{
		{`replace(roles)`, true, export.Cell{Text: "User,Buyer", State: export.Set}},
		{`replace(split(semi, ";"))`, true, export.Cell{Text: "a,b,c", State: export.Set}},
		{`replace(map(split(semi, ";"), lookup("kind", upper(#))))`, true, export.Cell{Text: "other,unnamed", State: export.Set}},
		{`replace([first, 3])`, true, export.Cell{Text: "Zoë,3", State: export.Set}},
		{`replace(gone)`, true, export.Cell{}},
		{`replace(" , ")`, true, export.Cell{}},
		{`replace(gone) ?? clear()`, true, export.Cell{State: export.Clear}},
		{`active == "y" ? replace(roles) : clear()`, true, export.Cell{Text: "User,Buyer", State: export.Set}},
		{`if(active == "n", replace(roles), clear())`, true, export.Cell{State: export.Clear}},
		{`if(active == "n", replace(roles))`, true, export.Cell{}},
		{`let r = upper(roles); replace(r)`, true, export.Cell{Text: "USER,BUYER", State: export.Set}},
		{`clear()`, false, export.Cell{State: export.Clear}},
		{`gone ?? clear()`, false, export.Cell{State: export.Clear}},
	}
	for _, tt := range tests {
		cell, fault := mapOne(t, Column{Expr: tt.expr, List: tt.list}, record(person...))
		if fault != nil || cell != tt.want {
			t.Errorf("%s = %+v, %v; want %+v", tt.expr, cell, fault, tt.want)
		}
	}
}

func TestFaults(t *testing.T) {
	long := strings.Repeat("ssn,", 300)
	tests := []struct{ expr, cause string }{
		{`yesno(ssn)`, "yesno: the text is none of yes, y, true, t, 1, no, n, false, f, 0 at character 1"},
		{`concat("a", yesno(ssn))`, "yesno: the text is none"},
		{`ascii("李")`, "ascii: the text holds characters without an ASCII form"},
		{`date(ssn)`, "date: the text is not a date of this layout"},
		{`formatDate(ssn, "YYYY")`, "formatDate: the text is not a date of this layout (text must be YYYY-MM-DD here: say date(..., layout))"},
		{`date(hired, ssn)`, "date: the layout must be made of"},
		{`daysBetween(hired, ssn)`, "daysBetween: the text is not a date"},
		{`date(hired)`, "the value is a date: say formatDate(..., layout)"},
		{`lower(date(hired))`, "lower: the value is a date: say formatDate"},
		{`lower(split(semi, ";"))`, "lower: the value is a list, not text"},
		{`split(semi, ";")`, "the result is a list: say join(...), or replace(...)"},
		{`split(semi, gone)`, "split: the separator is empty"},
		{`join(ssn, ",")`, "join: the value is text, not a list: say split(...)"},
		{`lower(ssn)[0]`, "[]: the value is text, not a list"},
		{`split(semi, ";")["a" + "b"]`, "[]: the index must be a whole number, this is text"},
		{`any(ssn, true)`, "list(): the value is text, not a list"},
		{`substring(ssn, "a")`, "substring: start and length must be whole numbers, this is text"},
		{`int(ssn)`, "int: the text is not a whole number"},
		{`int(2.5)`, "int: the number is not whole"},
		{`float(ssn)`, "float: the text is not a number"},
		{`float("Inf")`, "the number is not finite"},
		{`ssn + 1`, "+: cannot add text and a number: say concat(...)"},
		{`lower(ssn) ? 1 : 2`, "the condition is neither true nor false"},
		{`!lower(ssn) ? 1 : 2`, "the condition is neither true nor false"},
		{`lower(ssn) && true`, "the condition is neither true nor false"},
		{`ssn contains "s" && lower(ssn)  ? 1 : 2`, "a value is of another type than is needed here"},
		{`ssn - 1`, "the operator does not fit its values"},
		{`ssn < n ? ssn * 2 : -ssn`, "the operator does not fit its values"},
		{`1 % int("0")`, "division by zero"},
		{`lookup(ssn, status)`, "lookup: the mapping has no such table"},
		{`lookup("status", split(semi, ";"))`, "lookup: the value is a list, not text"},
		{`lookup("sta" + "tus", status, n)`, `lookup: table "status" has 1 key(s), and lookup was given 2`},
		{`regexReplace(id, ssn + "(", "x")`, "regexReplace: the pattern is not a regular expression"},
		{`phone(ssn, "US")`, "phone: the number holds something other than digits"},
		{`phone("01 23 45 67 89", "FR")`, "phone: a form is documented only for numbers of ten national digits"},
		{`phone("+999 1234567890", "FR")`, "phone: the calling code behind the + is unknown"},
		{`phone(us, ssn)`, "phone: the country is unknown"},
		{`split(replaceText("` + long + `", "s", "xxxx"), ",") == 1 ? 1 : join(split(replaceText("` + long + `", "s", ",s"), "s"), "x")`, ""},
		{`replaceText(replaceText(replaceText("` + long[:400] + `", "s", "` + long[:400] + `"), "s", "` + long[:400] + `"), "n", "ssssssssssssssss")`, "replaceText: the text grows beyond 64 KiB"},
		{`let a = "` + long + `"; let b = a + a + a + a; let c = b + b + b + b; c + c + c + c`, "+: the text grows beyond 64 KiB"},
		{`let a = "` + long + `"; regexReplace(concat(a, a, a, a), ".", "` + long[:400] + `")`, "regexReplace: the text grows beyond 64 KiB"},
		{`let a = split("` + long + `", ","); let s = "` + long + `"; join(map(a, s), s)`, "join: the text grows beyond 64 KiB"},
		{`let a = concat("` + long + `", "` + long + `"); join(split(concat(a, a), ","), ",")`, "split: the list has more than 1,000 elements"},
	}
	for _, tt := range tests {
		rec := record(person...)
		_, fault := mapOne(t, Column{Name: "Login", Expr: tt.expr}, rec)
		if fault == nil {
			if tt.cause != "" {
				t.Errorf("%s: no fault", tt.expr)
			}
			continue
		}
		if tt.cause == "" || !strings.Contains(fault.Message, ": "+tt.cause) {
			t.Errorf("%s: %q, want %q", tt.expr, fault.Message, tt.cause)
		}
		if strings.Contains(fault.Message, "secretvalue") || fault.Origin.Line != 7 || fault.Field != "Login" || fault.Rule != "expression" {
			t.Errorf("%s: bad fault %+v", tt.expr, fault)
		}
		if !strings.HasPrefix(fault.Message, "expression "+shorten(tt.expr)+": ") {
			t.Errorf("the message does not name the expression: %s", fault.Message)
		}
	}
	_, fault := mapOne(t, Column{Expr: `replace(split(roles, ";"))`, List: true}, record(person...))
	if fault == nil || !strings.Contains(fault.Message, "an element holds a comma") {
		t.Errorf("an element with a comma: %v", fault)
	}
}

// TestToday: the day is one of the mapping's zone, and counted in calendar days, also where clocks change at midnight.
func TestToday(t *testing.T) {
	tests := []struct {
		zone, day, expr, want string
	}{
		{"UTC", "2024-02-29", `formatDate(today(), "YYYY-MM-DD HH:mm")`, "2024-02-29 00:00"},
		{"Europe/Paris", "2026-03-30", `daysBetween("2026-03-28", today())`, "2"},
		{"Europe/Paris", "2026-10-26", `daysBetween("2026-10-24", today())`, "2"},
		{"America/Santiago", "2026-09-06", `formatDate(today(), "YYYY-MM-DD HH:mm")`, "2026-09-06 01:00"},
		{"America/Santiago", "2026-09-06", `date("2026-09-06") == today()`, "true"},
		{"America/Santiago", "2026-09-05", `daysBetween(today(), "2026-09-06")`, "1"},
		{"America/Santiago", "2026-09-05", `formatDate("2026-09-06", "YYYY-MM-DD")`, "2026-09-06"},
		{"America/Santiago", "2026-09-05", `formatDate(date("6.9.2026 00:30", "D.M.YYYY HH:mm"), "YYYY-MM-DD")`, "2026-09-06"},
		{"America/Havana", "2027-03-14", `date("2027-03-14") > today()`, "false"},
		{"Pacific/Kiritimati", "2026-12-31", `daysBetween(today(), "2027-01-01")`, "1"},
	}
	for _, tt := range tests {
		zone, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		day, err := time.Parse(time.DateOnly, tt.day)
		if err != nil {
			t.Fatal(err)
		}
		m, problems := New(Options{Columns: []Column{{Name: "Column", Expr: tt.expr}}, TimeZone: zone})
		if problems != nil {
			t.Fatalf("%s: %v", tt.expr, problems)
		}
		rec := record("employee_id=1")
		cell, fault := bind(t, m.On(day), rec).MapColumn(rec, 0)
		if fault != nil || cell.Text != tt.want {
			t.Errorf("%s in %s on %s: %q, %v; want %q", tt.expr, tt.zone, tt.day, cell.Text, fault, tt.want)
		}
		if !m.ReadsToday() && strings.Contains(tt.expr, "today") {
			t.Errorf("%s: it reads today()", tt.expr)
		}
		if _, err := m.Bind(rec.Header); m.ReadsToday() && err == nil {
			t.Errorf("%s: bound without a day", tt.expr)
		}
	}
}
