package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/twin"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

// worker is a person in HR's system.
type worker struct {
	number, login, first, last, department, kind string
	ends                                         time.Time // the last day; zero: none is known
	spoilt                                       bool      // HR has typed an address without its @
}

// company is HR's system over a year. Everything that happens is drawn from a seed.
type company struct {
	*rand.Rand
	people []*worker
	next   int
}

func (c *company) hire(last string) *worker {
	c.next++
	w := &worker{number: fmt.Sprintf("%06d", c.next), login: fmt.Sprintf("u%06d", c.next), first: pick(c.Rand, "Ann", "Zoë", "Łukasz", "Bob"), last: last, department: pick(c.Rand, "Legal", "Finance", "Sales")}
	if c.IntN(50) == 0 {
		w.kind = "agency"
	}
	c.people = append(c.people, w)
	return w
}

func pick(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }

// staff returns somebody who stays.
func (c *company) staff() *worker {
	for {
		if w := c.people[c.IntN(len(c.people))]; w.ends.IsZero() && w.kind == "" && !w.spoilt {
			return w
		}
	}
}

// goOn lets a working day pass. Whoever has left more than two months ago is in no extract any more.
func (c *company) goOn(day time.Time) {
	if c.IntN(5) < 2 { // nothing happens
		return
	}
	for range c.IntN(3) {
		c.hire(fmt.Sprintf("Last%d", c.next))
	}
	for range c.IntN(3) {
		c.staff().ends = day.AddDate(0, 0, c.IntN(20))
	}
	switch c.IntN(6) {
	case 0: // marries
		w := c.staff()
		w.last, w.login = w.last+"x", w.login+"x"
	case 1: // moves
		c.staff().department = pick(c.Rand, "Legal", "Finance", "Sales", "Øst")
	case 2: // gets a new number, and the old record goes at once
		w := c.staff()
		c.next++
		w.number = fmt.Sprintf("%06d", c.next)
	case 3: // a typing error, which is put right by chance
		c.staff().spoilt = true
	case 4:
		for _, w := range c.people {
			w.spoilt = false
		}
	case 5: // is hired from an ended contract: an ended record and a new one have one login
		w := c.staff()
		w.ends = day.AddDate(0, 0, -1)
		again := *w
		c.next++
		again.number, again.ends = fmt.Sprintf("%06d", c.next), time.Time{}
		c.people = append(c.people, &again)
	}
	c.people = slices.DeleteFunc(c.people, func(w *worker) bool { return !w.ends.IsZero() && w.ends.Before(day.AddDate(0, -2, 0)) })
}

// extract is everybody, as HR delivers them.
func (c *company) extract() []byte {
	var b bytes.Buffer
	b.WriteString("number;login;mail;first;last;department;kind;last_day\n")
	for _, w := range c.people {
		mail, ends := w.login+"@acme.example", ""
		if w.spoilt {
			mail = w.login
		}
		if !w.ends.IsZero() {
			ends = w.ends.Format(time.DateOnly)
		}
		fmt.Fprintf(&b, "%s;%s;%s;%s;%s;%s;%s;%s\n", w.number, w.login, mail, w.first, w.last, w.department, w.kind, ends)
	}
	return b.Bytes()
}

// seed is what Coupa has when the year begins: nobody has a department, so that the first night sends everybody.
func (c *company) seed() []byte {
	var users []any
	for i, w := range c.people {
		if w.kind == "" {
			users = append(users, map[string]any{
				"id": i + 1, "login": w.login, "email": w.login + "@acme.example", "firstname": w.first, "lastname": w.last, "employee-number": w.number,
				"active": true,
			})
		}
	}
	data, err := json.Marshal(map[string]any{"users": users, "departments": []string{"Legal", "Finance", "Sales", "Øst", "Merged"}})
	if err != nil {
		panic(err) // texts
	}
	return data
}

// year is the place where it is played.
type year struct {
	*diffStage
	now func() time.Time
}

func (y *year) start(args ...string) (code int, out string) {
	secrets := map[string]string{"COUPA_SFTP_PASSWORD": plantedPassword, "COUPA_CLIENT_SECRET": plantedSecret}
	var stdout bytes.Buffer
	y.log.Reset()
	env := newApp(func(name string) string { return secrets[name] }, strings.NewReader(""), &stdout, &y.log)
	env.Now = y.now
	code = execute(context.Background(), env, append([]string{"-c", filepath.Join(y.dir, "hr2coupa.yaml")}, args...))
	return code, stdout.String()
}

func newYear(t *testing.T, c *company, zone string) *year {
	t.Helper()
	sw, err := switchboard.Parse([]string{"pickup=instant", "rate=none"})
	y := &year{diffStage: &diffStage{dir: t.TempDir()}}
	if err == nil {
		y.twin, err = twin.Start(t.Context(), twin.Options{Switches: sw, Password: plantedPassword, ClientSecret: plantedSecret, Users: bytes.NewReader(c.seed())})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = y.twin.Close() })
	config := defaultConfig()
	config.remove("mapping.columns")
	for _, kv := range [][2]string{
		{"instance", y.twin.URL()}, {"sftp.address", y.twin.SFTPAddr()}, {"sftp.host_key", `"` + y.twin.HostKeyFingerprint() + `"`},
		{"feed.files", fmt.Sprintf("[%q]", filepath.Join(y.dir, "all-*.csv"))}, {"feed.key", "number"}, {"feed.kind", "snapshot"}, {"feed.time_zone", zone},
		{"feed.where", `'kind != "agency"'`}, {"feed.leaves", "last_day"}, {"feed.gone", "deactivate"},
		{"ledger", filepath.Join(y.dir, "ledger")}, {"coupa.scopes", "[core.integration.read, core.user.read, core.user.write]"}, {"load.poll", "1ms"}, {"coupa.rate", "25"},
		{"limits.creates", "{count: 10}"}, {"limits.numbers", "{count: 20}"}, {"identity", "{rehire: adopt, number: adopt, handover: adopt}"},
		{"mapping.vars", `{left: "last_day != nil && daysBetween(last_day, today()) > 7"}`},
		{"mapping.columns.Login", "login"}, {"mapping.columns.Email", "mail"}, {"mapping.columns.First Name", "first"}, {"mapping.columns.Last Name", "last"},
		{"mapping.columns.Employee Number", "number"}, {"mapping.columns.Department", "department"}, {"mapping.columns.Status", `'if(left, "inactive", "active")'`},
	} {
		config.set(kv[0], kv[1])
	}
	if err := os.WriteFile(filepath.Join(y.dir, "hr2coupa.yaml"), config.yaml(), 0o600); err != nil {
		t.Fatal(err)
	}
	return y
}

// TestYear plays a year of nights of a company of 3,000: hires, leavers with days of grace, new names and numbers, contracts that go over,
// a reorganisation, a merger, a wave of leavers, both changes of the clock, nights without a file, files that are cut off and late. Each
// night ends as its events say, and in the end HR and Coupa agree.
func TestYear(t *testing.T) {
	t.Parallel()
	const zone = "Europe/Paris"
	place, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	c := &company{Rand: rand.New(rand.NewPCG(1, 3000))}
	for range yearPeople {
		c.hire(fmt.Sprintf("Last%d", c.next))
	}
	y := newYear(t, c, zone)
	began := time.Now()
	first := time.Date(began.Year()-1, began.Month(), began.Day()-3, 2, 30, 0, 0, place) // on the night of the change this is there twice, or not at all
	held, quarantined, seen, whole, deactivated := 0, 0, 0, []byte(nil), map[string]bool{}
	for n := range yearNights {
		night := time.Date(first.Year(), first.Month(), first.Day()+n, 2, 30, 0, 0, place)
		ahead := time.Until(night)
		y.now = func() time.Time { return time.Now().Add(ahead) }
		if day := night.Weekday(); day == time.Saturday || day == time.Sunday { // HR works on weekdays, and so does its extract
			continue
		}
		c.goOn(night)
		switch n {
		case workday(first, 60): // a reorganisation
			for i := range c.people {
				if i%3 == 0 {
					c.people[i].department = "Merged"
				}
			}
		case workday(first, 120): // a merger
			for range yearPeople / 10 {
				c.hire("Merger")
			}
		case workday(first, 200): // a branch is closed
			for range yearPeople / 10 {
				c.staff().ends = night
			}
		}
		file, data := fmt.Sprintf("all-%04d.csv", n), c.extract()
		switch {
		case n%41 == 7: // HR delivers nothing
			if code, out := y.start("run"); code != export.ExitOK && code != export.ExitPartial || !strings.Contains(out, "seen") {
				t.Fatalf("night %d without a file: %d, %s\n%s", n, code, out, y.log.String())
			}
			seen++
			continue
		case n%53 == 11: // it is cut off
			whole, data = data, data[:len(data)/2]
		case n%67 == 20: // that of the night before comes now, beside this one
			y.deliver(t, fmt.Sprintf("all-%04d.csv", n-1), append([]byte(nil), data...), night)
		}
		y.deliver(t, file, data, night)
		code, out := y.start("run")
		if code == export.ExitHeld && !strings.Contains(out, "limits.shrink") {
			if n < 120 || n > 230 {
				t.Fatalf("night %d is held:\n%s", n, out)
			}
			if code, out := y.start("approve", "latest", "--creates", fmt.Sprint(yearPeople), "--deactivations", fmt.Sprint(yearPeople), "--by", "A", "--yes"); code != export.ExitOK {
				t.Fatalf("night %d: approve ends with %d: %s\n%s", n, code, out, y.log.String())
			}
			held++
			code, out = y.start("run")
		}
		switch {
		case whole != nil:
			if code != export.ExitHeld && code != export.ExitPartial {
				t.Fatalf("night %d, cut off: %d\n%s", n, code, out)
			}
			whole = nil
		case code == export.ExitPartial && strings.Contains(out, "quarantined") && c.spoils():
			quarantined++
		case code != export.ExitOK:
			t.Fatalf("night %d ends with %d:\n%s\n%s", n, code, out, y.log.String())
		}
		if n%10 == 9 && code != export.ExitHeld {
			if err := y.agree(c, night, deactivated); err != nil {
				t.Fatalf("after night %d: %v", n, err)
			}
		}
	}
	for _, w := range c.people {
		w.spoilt = false
	}
	last := first.AddDate(0, 0, yearNights)
	ahead := time.Until(last)
	y.now = func() time.Time { return time.Now().Add(ahead) }
	y.deliver(t, fmt.Sprintf("all-%04d.csv", yearNights), c.extract(), last)
	if code, out := y.start("run"); code != export.ExitOK {
		t.Fatalf("the last night ends with %d:\n%s", code, out)
	}
	if err := y.agree(c, last, deactivated); err != nil {
		t.Error(err)
	}
	var both struct {
		Classes map[string]int
	}
	_, out := y.start("reconcile", "--json")
	if err := json.Unmarshal([]byte(out), &both); err != nil {
		t.Fatal(err)
	}
	of := both.Classes // an ended record whose login is another's has no account of its own
	if of["handed_over"] != c.handedOver() || of["equal"] == 0 {
		t.Errorf("the classes are %v; %d ended records have the login of another", of, c.handedOver())
	}
	for _, class := range []string{"leaver_active", "joiner_inactive", "differs", "unclear", "missing", "only_in_coupa"} {
		if of[class] != 0 {
			t.Errorf("%d are %s", of[class], class)
		}
	}
	loads := len(y.twin.Loads())
	if code, out := y.start("run", "--replan"); code != export.ExitOK || len(y.twin.Loads()) != loads {
		t.Errorf("a run more sends something (%d):\n%s", code, out)
	}
	if yearNights == 365 && (held < 2 || quarantined < 20 || seen < 5) {
		t.Errorf("%d nights were held, %d had quarantined rows, %d had no file", held, quarantined, seen)
	}
	t.Logf("%d nights in %s", yearNights, time.Since(began).Round(time.Second))
}

// workday returns the first night from n on that is no weekend.
func workday(first time.Time, n int) int {
	for ; first.AddDate(0, 0, n).Weekday()%6 == 0; n++ {
	}
	return n
}

// spoils reports whether HR has somebody who cannot be sent.
func (c *company) spoils() bool {
	return slices.ContainsFunc(c.people, func(w *worker) bool { return w.spoilt })
}

// handedOver counts the ended records whose login is that of another one, which has the account.
func (c *company) handedOver() (n int) {
	logins := map[string]int{}
	for _, w := range c.people {
		logins[w.login]++
	}
	for _, w := range c.people {
		if logins[w.login] > 1 && !w.ends.IsZero() {
			n++
		}
	}
	return n
}

// deliver puts a file down as HR does at one in the morning, and takes those away that are a week old.
func (y *year) deliver(t *testing.T, name string, data []byte, night time.Time) {
	t.Helper()
	path := filepath.Join(y.dir, name)
	at := night.Add(-90 * time.Minute)
	err := errors.Join(os.WriteFile(path, data, 0o600), os.Chtimes(path, at, at))
	old, globErr := filepath.Glob(filepath.Join(y.dir, "all-*.csv"))
	for _, path := range old[:max(0, len(old)-7)] {
		err = errors.Join(err, os.Remove(path))
	}
	if err = errors.Join(err, globErr); err != nil {
		t.Fatal(err)
	}
}

// agree compares Coupa with HR without the program: one account a person, active for those who are there and for seven days after. seen
// collects who was made inactive.
func (y *year) agree(c *company, night time.Time, seen map[string]bool) error {
	users := map[string]twin.Record{}
	for _, u := range y.twin.Users() {
		number := u.Text("employee-number")
		if users[number] != nil {
			return fmt.Errorf("two accounts have the number %s", number)
		}
		users[number] = u
		if u.Text("active") != "true" {
			seen[number] = true
		}
	}
	day := time.Date(night.Year(), night.Month(), night.Day(), 0, 0, 0, 0, time.UTC)
	logins := map[string]int{}
	for _, w := range c.people {
		if w.ends.IsZero() {
			logins[w.login]++
		}
	}
	for _, w := range c.people {
		u := users[w.number]
		ends := time.Date(w.ends.Year(), w.ends.Month(), w.ends.Day(), 0, 0, 0, 0, time.UTC)
		active := w.ends.IsZero() || day.Sub(ends) <= 7*24*time.Hour
		switch {
		case w.spoilt:
		case w.kind != "":
			if u != nil {
				return fmt.Errorf("%s is not staff and has an account", w.number)
			}
		case u == nil && !w.ends.IsZero() && (logins[w.login] > 0 || !active):
		case u == nil:
			return fmt.Errorf("%s has no account: %+v", w.number, *w)
		case u.Text("login") != w.login || u.Text("department", "name") != w.department || (u.Text("active") == "true") != active:
			return fmt.Errorf("%s is %s, %s, active %s in Coupa, and %+v in HR", w.number, u.Text("login"), u.Text("department", "name"), u.Text("active"), *w)
		}
	}
	return nil
}
