package mapping

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/export"
)

func TestMap(t *testing.T) {
	m := compile(t,
		Column{Name: "Login", Expr: "login"},
		Column{Name: "First Name", Expr: "preferred ?? first"},
		Column{Name: "Employee Number", Expr: `field("Employee ID")`},
		Column{Name: "Status", Expr: `lookup("status", status)`},
		Column{Name: "Active", Expr: `yesno(active)`},
		Column{Name: "Phone", Expr: `if(login == "x", "1", clear())`},
		Column{Name: "User Role Names", Expr: `replace(roles)`, List: true},
		Column{Name: "Mail", Expr: `let m = login + "@x.org"; m`},
	)
	if diff := cmp.Diff([]string{"login", "preferred", "first", "Employee ID", "status", "active", "roles"}, m.Fields()); diff != "" {
		t.Error(diff)
	}
	if got := m.Columns(); len(got) != 8 || got[7] != "Mail" {
		t.Error(got)
	}
	rec := record("Employee ID=", "roles=a,b", "status=Terminated", "login=ann", "preferred=", "first=Ann", "active=maybe", "more=x")
	r := bind(t, m, rec)
	cells := make([]export.Cell, 8)
	for range 2 { // nothing of the first round may remain
		faults := r.Map(rec, cells)
		want := []export.Cell{{Text: "ann", State: export.Set}, {Text: "Ann", State: export.Set}, {}, {Text: "inactive", State: export.Set}, {},
			{State: export.Clear}, {Text: "a,b", State: export.Set}, {Text: "ann@x.org", State: export.Set}}
		if diff := cmp.Diff(want, cells); diff != "" {
			t.Error(diff)
		}
		if len(faults) != 1 || faults[0].Field != "Active" || faults[0].Origin != (export.Origin{Line: 7}) {
			t.Errorf("faults: %v", faults)
		}
	}
	rec.Missing = nil
	rec.Values[3] = "bob"
	if faults := r.Map(rec, cells); len(faults) != 1 || cells[7].Text != "bob@x.org" || cells[0].Text != "bob" {
		t.Errorf("%v %v", cells, faults)
	}
}

func TestMapLostRecord(t *testing.T) {
	rec := record("a=1")
	r := bind(t, compile(t, Column{Name: "A", Expr: "a"}), rec)
	lost := &export.Record{Header: rec.Header, Fault: &export.Fault{Rule: "ragged", Message: "ragged"}}
	cells := []export.Cell{{Text: "old", State: export.Set}}
	if faults := r.Map(lost, cells); len(faults) != 1 || faults[0].Rule != "ragged" || cells[0] != (export.Cell{}) {
		t.Errorf("%v %v", faults, cells)
	}
	if _, fault := r.MapColumn(lost, 0); fault == nil || fault.Rule != "ragged" {
		t.Error(fault)
	}
}

func TestBindNamesWhatLacks(t *testing.T) {
	m := compile(t, Column{Name: "Email", Expr: "lower(e_mail)"}, Column{Name: "Login", Expr: "e_mail"}, Column{Name: "Notes", Expr: `concat(first, field("Remark"))`})
	_, err := m.Bind(&export.Header{Fields: []string{"E-Mail", "first", "zip"}})
	want := `the header lacks field "e_mail", which column Email, Login reads; field "Remark", which column Notes reads`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if hints := export.HintsOf(err); len(hints) != 1 || hints[0] != `did you mean "E-Mail" and not "e_mail"?; fix mapping.columns.Email, mapping.columns.Notes, or let HR deliver the field` {
		t.Errorf("hints %q", hints)
	}
}

func TestTimeZone(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	m, problems := New(Options{TimeZone: paris, Columns: []Column{
		{Name: "Days", Expr: `daysBetween(a, "2026-03-30")`},
		{Name: "Day", Expr: `daysBetween(date(b, "YYYY-MM-DDTHH:mm:ssZ"), "2026-03-30")`},
	}})
	if problems != nil {
		t.Fatal(problems)
	}
	rec := record("a=2026-03-28", "b=2026-03-29T23:30:00Z") // the clocks change between; b is the 30th in Paris
	cells := make([]export.Cell, 2)
	if faults := bind(t, m, rec).Map(rec, cells); faults != nil || cells[0].Text != "2" || cells[1].Text != "0" {
		t.Errorf("%v %v", cells, faults)
	}
}

func TestPlainFieldsAreFree(t *testing.T) {
	m := compile(t, Column{Name: "A", Expr: "a"}, Column{Name: "B", Expr: `field("b c")`})
	rec := record("a=x", "b c=y")
	r := bind(t, m, rec)
	cells := make([]export.Cell, 2)
	if n := testing.AllocsPerRun(100, func() { r.Map(rec, cells) }); n != 0 {
		t.Errorf("plain fields: %v allocations a row", n)
	}
	for _, c := range m.columns {
		if c.plain < 0 || c.fast != nil || c.program != nil {
			t.Errorf("%s is not a plain copy", c.Name)
		}
	}
}

func TestSimpleExpressionsDoNotAllocate(t *testing.T) {
	rec := record("email=ann@example.com", "preferred=", "first=Ann", "status=Active", "active=y", "country=FR", "region=IDF")
	for _, e := range []string{`lower(email)`, `preferred ?? first`, `lookup("status", status)`, `yesno(active)`, `lookup("dept", country, region)`,
		`if(status == "Active", first, clear())`, `substring(first, 0, 2)`, `trim(first)`} {
		r := bind(t, compile(t, Column{Name: "C", Expr: e}), rec)
		if r.mapping.columns[0].fast == nil {
			t.Errorf("%s runs on the VM", e)
		}
		if n := testing.AllocsPerRun(100, func() { r.MapColumn(rec, 0) }); n != 0 {
			t.Errorf("%s: %v allocations", e, n)
		}
	}
}

// TestSharedMapping: mappers of one mapping work at the same time (run with -race).
func TestSharedMapping(t *testing.T) {
	m := compile(t, Column{Name: "A", Expr: `regexReplace(lower(a), "x+", "y")`}, Column{Name: "B", Expr: `let b = a + "!"; formatDate(d, "DD.MM.YYYY") + b`})
	var wg sync.WaitGroup
	for _, s := range []string{"XX", "axa", "b", "Xx"} {
		wg.Go(func() {
			rec := record("a="+s, "d=2026-01-02")
			r, err := m.Bind(rec.Header)
			if err != nil {
				t.Error(err)
				return
			}
			for range 100 {
				cells := make([]export.Cell, 2)
				if f := r.Map(rec, cells); f != nil || cells[1].Text != "02.01.2026"+s+"!" {
					t.Errorf("%v %v", cells, f)
				}
			}
		})
	}
	wg.Wait()
}

// anyExpr draws an expression of the kind that has a closure.
func anyExpr(t *rapid.T, depth int) string {
	leaf := []string{"a", "b", `field("c d")`, "gone", `"Text"`, `""`, "nil", "true", "3", "-4", "2.5", `"2024-02-29"`, `"x,y"`}
	if depth == 0 {
		return rapid.SampledFrom(leaf).Draw(t, "leaf")
	}
	sub := func() string { return anyExpr(t, depth-1) }
	switch rapid.IntRange(0, 10).Draw(t, "form") {
	case 0:
		return "(" + sub() + " ?? " + sub() + ")"
	case 1:
		return "(" + sub() + rapid.SampledFrom([]string{" == ", " != "}).Draw(t, "op") + sub() + ")"
	case 2:
		return "if(" + sub() + ", " + sub() + ", " + sub() + ")"
	case 3:
		return "(" + sub() + rapid.SampledFrom([]string{" && ", " || ", " + "}).Draw(t, "op") + sub() + ")"
	case 4:
		return "!(" + sub() + ")"
	case 5:
		two := []string{"split", "join", "formatDate", "daysBetween", "phone", "concat"}
		return rapid.SampledFrom(two).Draw(t, "f") + "(" + sub() + ", " + sub() + ")"
	case 6:
		return `lookup("dept", ` + sub() + ", " + sub() + ")"
	case 7:
		return `lookup("status", ` + sub() + ")"
	case 8:
		return rapid.SampledFrom([]string{"replaceText", "regexReplace", "substring"}).Draw(t, "f") + "(" + sub() + ", " + sub() + ", " + sub() + ")"
	}
	one := []string{"lower", "upper", "trim", "title", "ascii", "yesno", "int", "float", "len", "first", "date"}
	return rapid.SampledFrom(one).Draw(t, "f") + "(" + sub() + ")"
}

// TestPathsAgree: closures and VM return the same cell, or both a fault, for any expression and record.
func TestPathsAgree(t *testing.T) {
	worked, compared := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		expression := anyExpr(rt, rapid.IntRange(1, 4).Draw(rt, "depth"))
		m, problems := New(Options{Columns: []Column{{Name: "C", Expr: expression}}, Tables: testTables(), ReadFile: readTestFile})
		if len(problems) > 0 {
			return // the expression has a wrong constant, or a field as a condition
		}
		c := &m.columns[0]
		if c.plain >= 0 {
			return
		}
		if c.fast == nil && !strings.Contains(expression, "-4") {
			rt.Fatalf("%s has no closure", expression)
		}
		text := rapid.SampledFrom([]string{"", "FR", "IDF", "y", "a,b", "É", "2024-03-01", " x ", "415 555 0100", "12", "US"})
		rec := record("a="+text.Draw(rt, "a"), "b="+text.Draw(rt, "b"), "c d="+text.Draw(rt, "c"), "gone")
		at := make([]int, len(m.fields.names))
		for i, f := range m.fields.names {
			at[i] = rec.Header.Index(f)
		}
		r := newRowMapper(m, at)
		fast, fault := r.MapColumn(rec, 0)
		onVM := *c
		onVM.fast = nil
		slow, err := r.cell(&onVM)
		if (fault != nil) != (err != nil) || fast != slow {
			rt.Fatalf("%s: closures give %+v, %v; the VM gives %+v, %v", expression, fast, fault, slow, err)
		}
		compared++
		if fast.State == export.Set {
			worked++
		}
	})
	if compared == 0 || worked == 0 {
		t.Errorf("nothing was compared: %d expressions, %d with a value", compared, worked)
	}
}

// FuzzNew: no expression makes the compiler or a mapper panic, and every result is a cell.
func FuzzNew(f *testing.F) {
	seeds := []string{`lower(email)`, `a ?? b`, `lookup("status", a)`, `let x = a; x + "!"`, `if(a == "x", replace(b), clear())`, `a ?: b`, `a < b < "c"`,
		`map(split(a, ","), trim(#))[0]`, `phone(a, "US") | upper()`, `{"a": 1}.a`, `field("x y")`, "\"\\u00", `a.b?.[0]`, `((((a`, `-(-1)`, `[1, "", nil][1:2]`, `not (a in ["b"])`}
	for _, s := range seeds {
		f.Add(s, "some,Text 12", true)
	}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, expression, data string, list bool) {
		m, problems := New(Options{Columns: []Column{{Name: "C", Expr: expression, List: list}}, Tables: testTables(), ReadFile: readTestFile})
		if (m == nil) != (len(problems) > 0) {
			t.Fatalf("mapping %v with problems %v", m, problems)
		}
		for _, p := range problems {
			_ = p.Error()
		}
		if m == nil {
			return
		}
		rec := record()
		rec.Header.Fields, rec.Missing = m.Fields(), nil
		rec.Values = slices.Repeat([]string{data}, len(m.fields.names))
		cell, fault := bind(t, m, rec).MapColumn(rec, 0)
		if cell.Text != "" && (cell.State != export.Set || fault != nil) {
			t.Errorf("%q: %+v %v", expression, cell, fault)
		}
	})
}

// BenchmarkMapRow maps the same row as the benchmark of the whole job: 17 plain fields and 3 expressions.
func BenchmarkMapRow(b *testing.B) {
	rec := record("email=ann@example.com", "preferred=", "first=Ann", "status=Active")
	rec.Missing = nil
	cols := []Column{{Name: "E", Expr: "lower(email)"}, {Name: "F", Expr: "preferred ?? first"}, {Name: "S", Expr: `lookup("status", status)`}}
	for i := range 17 {
		cols = append(cols, Column{Name: strings.Repeat("c", i+1), Expr: rec.Header.Fields[i%4]})
	}
	r := bind(b, compile(b, cols...), rec)
	cells := make([]export.Cell, len(cols))
	b.ReportAllocs()
	for b.Loop() {
		r.Map(rec, cells)
	}
}

func BenchmarkMap(b *testing.B) {
	rec := record("email=Ann@example.com", "preferred=", "first=Ann", "status=Active", "active=y")
	for _, e := range []string{"email", `lower(email)`, `preferred ?? first`, `lookup("status", status)`, `yesno(active)`, `status in ["Active"] ? "active" : "inactive"`} {
		b.Run(e, func(b *testing.B) {
			r := bind(b, compile(b, Column{Name: "C", Expr: e}), rec)
			cells := make([]export.Cell, 1)
			b.ReportAllocs()
			for b.Loop() {
				r.Map(rec, cells)
			}
		})
	}
}
