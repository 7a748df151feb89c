package loader

import (
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/twin/instance"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

const heads = "Login,Email,First Name,Last Name"

const threePeople = `{
 "users": [
  {"id": 281, "login": "jdoe", "email": "jdoe@example.com", "firstname": "Jane", "lastname": "Doe", "employee-number": "0100",
   "active": true, "roles": [{"name": "User"}, {"name": "Buyer"}], "department": {"name": "IT"}, "default-currency": {"code": "EUR"}},
  {"id": 282, "login": "boss", "email": "boss@example.com", "firstname": "Bo", "lastname": "Ss", "employee-number": "0200", "roles": [{"name": "User"}]},
  {"id": 283, "login": "nonum", "email": "nonum@example.com", "firstname": "No", "lastname": "Number", "manager": {"login": "boss"}}
 ],
 "departments": ["IT", "Sales"], "content-groups": ["World"], "currencies": ["EUR", "USD"], "custom-fields": ["School Name"]
}`

// loadBare loads data without any server.
func loadBare(tb testing.TB, data string) (*instance.Instance, instance.Load) {
	tb.Helper()
	return loadBareOf(tb, threePeople, data)
}

// loadBareOf is loadBare with the people of an instance of one's own.
func loadBareOf(tb testing.TB, seed, data string) (*instance.Instance, instance.Load) {
	tb.Helper()
	board, err := switchboard.New(switchboard.Switches{})
	if err != nil {
		tb.Fatal(err)
	}
	in, err := instance.New(strings.NewReader(seed), board, time.Now, export.Silent())
	if err != nil {
		tb.Fatal(err)
	}
	loadText(in, data)
	return in, in.Loads.All()[0]
}

// loadText loads data as a file of its own.
func loadText(in *instance.Instance, data string) *instance.Load {
	l := in.Loads.Add(&instance.Load{Name: "f.csv"})
	runTogether([]*job{{in: in, load: l, data: []byte(data)}}, in.Now())
	return l
}

// Whatever the bytes, every row is stored, refused or corrupt, and no two users share a key.
func FuzzLoad(f *testing.F) {
	seeds := []string{
		heads + "\njdoe,jdoe@example.com,Jane,Doe\n",
		"Employee Number," + heads + "\n0100,a2,b@example.com,\"J\"\"x\",D\n,c,\n",
		"Id," + heads + ",User Role Names\n281,jdoe,boss@example.com,J,D,--NULL--\n",
		heads + "\n\"torn,", "Foo\nx\n", "",
	}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) {
		in, l := loadBare(t, data)
		bad := map[int]bool{}
		for _, e := range l.Errors {
			if e.Row != nil {
				bad[*e.Row] = true
			}
		}
		if l.Status != "done" && l.Status != "failed" {
			t.Fatalf("status %q", l.Status)
		}
		if l.Rows != len(bad)+len(in.Loads.Applied()) {
			t.Fatalf("%d rows, %d bad, %d stored", l.Rows, len(bad), len(in.Loads.Applied()))
		}
		seen := map[string]bool{}
		for _, u := range in.Users.All() {
			login := strings.ToLower(u.Text("login"))
			if seen[login] || login == "" {
				t.Fatal("two users share a login, or one has none")
			}
			seen[login] = true
		}
	})
}

func BenchmarkLoad5000(b *testing.B) {
	var rows strings.Builder
	rows.WriteString(heads + "\n")
	for i := range MaxRows {
		n := string(rune('a'+i%26)) + strings.Repeat("x", 1+i/26%40) + time.Duration(i).String()
		rows.WriteString(n + "," + n + "@example.com,U,Ser\n")
	}
	for b.Loop() {
		if _, l := loadBare(b, rows.String()); l.Created != MaxRows {
			b.Fatal(l.ResultText, len(l.Errors))
		}
	}
}
