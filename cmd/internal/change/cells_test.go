package change

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// pipeline compiles a mapping in which Status and Department say something of a record without values, and Email something
// wrong. Pairs of column and expression replace its own.
func pipeline(t *testing.T, key string, other ...string) *wiring.Pipeline {
	t.Helper()
	expr := map[string]string{
		"Login": "login", "Email": `concat(login, "@acme.example")`, "First Name": "first_name", "Last Name": "last_name",
		"Employee Number": "employee_id", "Status": `if(left == "yes", "inactive", "active")`, "Department": `"Legal"`, "User Role Names": "replace(roles)",
	}
	for i := 0; i < len(other); i += 2 {
		expr[other[i]] = other[i+1]
	}
	cfg := &config.Config{Feed: config.Feed{Key: "employee_id"}, Layout: config.Layout{Key: key}}
	for _, name := range []string{"Login", "Email", "First Name", "Last Name", "Employee Number", "Status", "Department", "User Role Names"} {
		cfg.Mapping.Columns = append(cfg.Mapping.Columns, export.MappedColumn{Name: name, Expr: expr[name]})
	}
	pipe, faults := wiring.Compile(cfg)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return pipe
}

// cellsOf returns the cells that the mapping makes of a change, by column; those that are absent are left out.
func cellsOf(t *testing.T, pipe *wiring.Pipeline, s Said, stdin string) (map[string]export.Cell, error) {
	t.Helper()
	f, err := s.Feed(pipe, strings.NewReader(stdin))
	if err != nil {
		return nil, err
	}
	got, m := map[string]export.Cell{}, Mapping(pipe, time.Time{})
	err = f.Chunks(func(c export.Chunk) error {
		var rec export.Record
		for c.Next(&rec) {
			mapper, err := m.Bind(rec.Header)
			if err != nil {
				return err
			}
			cells := make([]export.Cell, len(m.Columns()))
			if faults := mapper.Map(&rec, cells); faults != nil {
				t.Fatal(faults)
			}
			for i, cell := range cells {
				if cell.State != export.Absent {
					got[m.Columns()[i]] = cell
				}
			}
		}
		return nil
	})
	return got, err
}

func set(text string) export.Cell { return export.Cell{Text: text, State: export.Set} }

func TestCells(t *testing.T) {
	t.Parallel()
	const number = "Employee Number"
	for name, c := range map[string]struct {
		said  Said
		stdin string
		key   string
		want  map[string]export.Cell
	}{
		"only what is said, and who it is":         {Said{Cells: []string{"Status=inactive"}}, "", "", map[string]export.Cell{number: set("000101"), "Status": set("inactive")}},
		"the value goes on to the end":             {Said{Cells: []string{"Last Name=a=b"}}, "", "", map[string]export.Cell{number: set("000101"), "Last Name": set("a=b")}},
		"a list is the whole list":                 {Said{Cells: []string{"User Role Names=Buyer,User"}}, "", "", map[string]export.Cell{number: set("000101"), "User Role Names": set("Buyer,User")}},
		"the word empties":                         {Said{Cells: []string{"Department=--NULL--"}}, "", "", map[string]export.Cell{number: set("000101"), "Department": {State: export.Clear}}},
		"from stdin, blank lines between":          {Said{Cells: []string{"-"}}, "Status=inactive\n\nLast Name=Roe\n", "", map[string]export.Cell{number: set("000101"), "Status": set("inactive"), "Last Name": set("Roe")}},
		"who it is may have to be said":            {Said{Cells: []string{"Login=wanda.roe", "Status=active"}}, "", "login", map[string]export.Cell{number: set("000101"), "Login": set("wanda.roe"), "Status": set("active")}},
		"in HR's fields the whole mapping applies": {Said{HR: true, Cells: []string{"left=yes"}}, "", "", map[string]export.Cell{number: set("000101"), "Email": set("@acme.example"), "Status": set("inactive"), "Department": set("Legal")}},
	} {
		c.said.Key = "000101"
		got, err := cellsOf(t, pipeline(t, c.key), c.said, c.stdin)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, c.want)
		}
	}
}

func TestCellsThatCannotBe(t *testing.T) {
	t.Parallel()
	const secret = "Secretary"
	pipe := pipeline(t, "")
	madeOfMore := pipeline(t, "", "Employee Number", "concat(country, employee_id)")
	for name, c := range map[string]struct {
		pipe  *wiring.Pipeline
		said  Said
		stdin string
		want  string
	}{
		"no value":                       {pipe, Said{Cells: []string{"Status= "}}, "", "Status has no value"},
		"the word and more":              {pipe, Said{Cells: []string{"User Role Names=" + secret + ",--null--"}}, "", "has --NULL-- and something else"},
		"no column":                      {pipe, Said{Cells: []string{secret}}, "", "argument 1 has no ="},
		"a line without one":             {pipe, Said{Cells: []string{"-"}}, "\n" + secret, "line 2 has no ="},
		"a column twice":                 {pipe, Said{Cells: []string{"Status=active", "Status=" + secret}}, "", `"Status" is given twice`},
		"not mapped":                     {pipe, Said{Cells: []string{"Locale=" + secret}}, "", `no column "Locale"`},
		"a field of HR's":                {pipe, Said{Cells: []string{"last_name=" + secret}}, "", `no column "last_name"`},
		"a column of Coupa's":            {pipe, Said{HR: true, Cells: []string{"Last Name=" + secret}}, "", `reads no field "Last Name"`},
		"another key":                    {pipe, Said{Cells: []string{"Employee Number=" + secret}}, "", "KEY does that"},
		"another key of HR's":            {pipe, Said{HR: true, Cells: []string{"employee_id=" + secret}}, "", "KEY does that"},
		"a field without a value":        {pipe, Said{HR: true, Cells: []string{"last_name="}}, "", `the field "last_name" has no value`},
		"not UTF-8":                      {pipe, Said{Cells: []string{"Last Name=\xff"}}, "", "argument 1 is not valid UTF-8"},
		"nothing on stdin":               {pipe, Said{Cells: []string{"-"}}, "\n", "it says no value"},
		"more on stdin than is read":     {pipe, Said{Cells: []string{"-"}}, strings.Repeat("\n", maxStdin+1), "more than 1 MiB"},
		"a column made of other fields":  {madeOfMore, Said{Cells: []string{"Status=inactive"}}, "", "KEY does not say which Coupa user it is"},
		"a key that the mapping ignores": {pipeline(t, "login"), Said{Cells: []string{"Status=inactive"}}, "", "KEY does not say which Coupa user it is"},
	} {
		c.said.Key = "000101"
		_, err := cellsOf(t, c.pipe, c.said, c.stdin)
		if exit.Code(err) != export.ExitUsage || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error()+export.HintText(err), secret) {
			t.Errorf("%s: %v, want %q and no value", name, err, c.want)
		}
	}
}

// TestSameChange: a change is its values, in whatever order they were typed, so that one that a held run keeps is found again.
func TestSameChange(t *testing.T) {
	t.Parallel()
	pipe := pipeline(t, "")
	hash := func(s Said) string {
		f, err := s.Feed(pipe, nil)
		if err != nil {
			t.Fatal(err)
		}
		return f.Files()[0].SHA256
	}
	one := hash(Said{Key: "000101", Cells: []string{"Status=active", "Last Name=Roe"}})
	if other := hash(Said{Key: "000101", By: "A", Cells: []string{"Last Name=Roe", "Status=active"}}); other != one {
		t.Error("the order is part of it")
	}
	for _, other := range []Said{
		{Key: "000102", Cells: []string{"Status=active", "Last Name=Roe"}}, {Key: "000101", Cells: []string{"Status=active", "Last Name=Doe"}},
		{Key: "000101", Cells: []string{"Status=Roe", "Last Name=active"}}, {Key: "000101", HR: true, Cells: []string{"last_name=Roe"}},
	} {
		if hash(other) == one {
			t.Errorf("%v is the same", other)
		}
	}
}
