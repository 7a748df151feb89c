package twin

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
)

// loadBare loads data without any server.
func loadBare(tb testing.TB, data string) (*Twin, Load) {
	tb.Helper()
	return loadBareOf(tb, people, data)
}

// loadBareOf is loadBare with the people of an instance of one's own.
func loadBareOf(tb testing.TB, people, data string) (*Twin, Load) {
	tb.Helper()
	s, err := readSeed(strings.NewReader(people))
	if err != nil {
		tb.Fatal(err)
	}
	sw, err := Switches{}.complete()
	if err != nil {
		tb.Fatal(err)
	}
	log := logrus.New()
	log.SetOutput(io.Discard)
	t := &Twin{sw: newSwitchboard(sw), now: time.Now, log: log, loads: &loadList{}}
	if t.users, err = newDirectory(s, t.sw, t.now); err != nil {
		tb.Fatal(err)
	}
	l := t.loads.add(&Load{Name: "f.csv"})
	runTogether([]*job{{twin: t, load: l, data: []byte(data)}}, t.now())
	return t, t.loads.copyLoads()[0]
}

// Whatever the bytes, every row is stored, refused or corrupt, and no two users share a key.
func FuzzLoad(f *testing.F) {
	seeds := []string{
		header + "\njdoe,jdoe@example.com,Jane,Doe\n",
		"Employee Number," + header + "\n0100,a2,b@example.com,\"J\"\"x\",D\n,c,\n",
		"Id," + header + ",User Role Names\n281,jdoe,boss@example.com,J,D,--NULL--\n",
		header + "\n\"torn,", "Foo\nx\n", "",
	}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) {
		tw, l := loadBare(t, data)
		bad := map[int]bool{}
		for _, e := range l.Errors {
			if e.Row != nil {
				bad[*e.Row] = true
			}
		}
		if l.Status != "done" && l.Status != "failed" {
			t.Fatalf("status %q", l.Status)
		}
		if l.Rows != len(bad)+len(tw.loads.applied) {
			t.Fatalf("%d rows, %d bad, %d stored", l.Rows, len(bad), len(tw.loads.applied))
		}
		seen := map[string]bool{}
		for _, u := range tw.users.all() {
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
	rows.WriteString(header + "\n")
	for i := range maxRows {
		n := string(rune('a'+i%26)) + strings.Repeat("x", 1+i/26%40) + time.Duration(i).String()
		rows.WriteString(n + "," + n + "@example.com,U,Ser\n")
	}
	for b.Loop() {
		if _, l := loadBare(b, rows.String()); l.Created != maxRows {
			b.Fatal(l.ResultText, len(l.Errors))
		}
	}
}
