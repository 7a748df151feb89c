package job

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/twin"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

// crowd is a Coupa of many users and an HR that speaks of many of them.
type crowd struct {
	users, people int
	line          string // of the feed, with %[1]d for the person's number
	route         string
}

// asAre is the line of a person who is as Coupa has them.
const asAre = "E%[1]d,u%[1]d,u%[1]d@example.com,Some,Body\n"

func (c crowd) start(t *testing.T) (*twin.Twin, *wiring.Env) {
	t.Helper()
	var users, feed strings.Builder
	for i := range c.users {
		fmt.Fprintf(&users, `,{"id":%d,"login":"u%[2]d","email":"u%[2]d@example.com","firstname":"Some","lastname":"Body","employee-number":"E%[2]d","active":true}`, i+1, i)
	}
	feed.WriteString("employee_id,login,work_email,first_name,last_name\n")
	for i := range c.people {
		fmt.Fprintf(&feed, c.line, i)
	}
	sw, err := switchboard.Parse([]string{"pickup-interval=20ms", "rate=none"})
	if err != nil {
		t.Fatal(err)
	}
	tw, err := twin.Start(t.Context(), twin.Options{Users: strings.NewReader("[" + strings.TrimPrefix(users.String(), ",") + "]"), Switches: sw, Password: "p", ClientSecret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tw.Close() })
	dir := t.TempDir()
	config := fmt.Sprintf(`instance: %s
feed: {files: [%q], key: employee_id}
mapping:
  columns: {Login: login, Email: work_email, First Name: first_name, Last Name: last_name, Employee Number: employee_id}
route: %s
sftp: {address: %q, user: coupa, password: {env: P}, host_key: %q}
coupa:
  {client_id: twin, client_secret: {env: S}, scopes: [core.integration.read, core.user.read, core.user.write], rate: 25, token_settle: 0s}
load: {via: [api], poll: 200ms}
limits: {creates: unlimited, logins: unlimited, emails: unlimited}
ledger: %q
`, tw.URL(), filepath.Join(dir, "users.csv"), c.route, tw.SFTPAddr(), tw.HostKeyFingerprint(), filepath.Join(dir, "ledger"))
	for name, text := range map[string]string{"users.csv": feed.String(), "hr2coupa.yaml": config} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	log := terminal.NewLog(io.Discard)
	return tw, &wiring.Env{
		Getenv: func(name string) string { return strings.ToLower(name) }, Stdin: &bytes.Buffer{}, Stdout: terminal.New(io.Discard), Stderr: terminal.New(io.Discard),
		Now: time.Now, Log: log, ConfigFile: filepath.Join(dir, "hr2coupa.yaml"),
	}
}

// usersCalls counts the calls about users so far.
func usersCalls(tw *twin.Twin) (n int) {
	for _, c := range tw.Calls() {
		if strings.HasPrefix(c.Path, "/api/users") {
			n++
		}
	}
	return n
}

// TestCalls: how many calls about users a plan makes, and a run of it; and the plan says beforehand how many that will be.
func TestCalls(t *testing.T) {
	const (
		newName    = "E%[1]d,u%[1]d,u%[1]d@example.com,Some,One\n"
		newAddress = "E%[1]d,u%[1]d,u%[1]d@example.org,Some,One\n"
		newLogin   = "E%[1]d,u%[1]d.one,u%[1]d@example.org,Some,One\n"
	)
	for _, tt := range []struct {
		name string
		crowd
		plan, run int // at most
	}{
		{"all change, among many", crowd{users: 6000, people: 2001, line: newAddress, route: "csv"}, 2*41 + 2, 130},
		{"all change, and no one else is there", crowd{users: 800, people: 800, line: newAddress, route: "csv"}, 21, 21 + 17 + 1},
		{"all get another login", crowd{users: 1200, people: 800, line: newLogin, route: "csv"}, 29, 29 + 17 + 1},
		{"a thousand are as Coupa has them", crowd{users: 1000, people: 1000, line: asAre, route: "csv"}, 21, 21},
		{"by API, all are as Coupa has them", crowd{users: 500, people: 500, line: asAre, route: "api"}, 11, 11},
		{"by API, all change", crowd{users: 200, people: 50, line: newName, route: "api"}, 2, 2 + 2*50 + 2 + 1},
		{"by API, some are new", crowd{users: 20, people: 30, line: newName, route: "api"}, 3, 3 + 2*30 + 2 + 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // nearly all of it is waiting for the rate
			tw, env := tt.start(t)
			planned, err := Plan(t.Context(), env, PlanOptions{})
			if err != nil {
				t.Fatal(err)
			}
			planned.Store.Close()
			plan := usersCalls(tw)
			s, err := Run(t.Context(), env, RunOptions{})
			if err != nil {
				t.Fatal(err)
			}
			run := usersCalls(tw) - plan
			if plan > tt.plan || run > tt.run || s.Rep.Counts.By[export.Applied]+s.Rep.Counts.By[export.Unchanged] != tt.people {
				t.Errorf("%d calls of the plan, want at most %d; %d of the run, want at most %d; %+v", plan, tt.plan, run, tt.run, s.Rep.Counts)
			}
			if said := planned.Calls.Total; said*10 < run*9 || said*10 > run*11 || planned.Calls.LookUp != plan || planned.Calls.Seconds != (said+24)/25 {
				t.Errorf("the plan said %+v, it was %d calls", planned.Calls, run)
			}
			t.Logf("%d calls of the plan, %d of the run: %+v", plan, run, planned.Calls)
		})
	}
}

// TestPlanByAllIsTheSame: a plan for which all users were read is, to the byte, the one for which people were asked for by key.
// An instance that ignores filters has no pages by id, so that there all are asked for by key.
func TestPlanByAllIsTheSame(t *testing.T) {
	t.Parallel()
	for _, route := range []string{"csv", "api"} {
		tw, env := crowd{users: 200, people: 200, line: "E%[1]d,u%[1]d.one,u%[1]d@example.org,Some,One\n", route: route}.start(t)
		var sums []string
		var calls []int
		for _, filter := range []string{"obeyed", "ignored"} {
			if err := tw.Set("user-filter=" + filter); err != nil {
				t.Fatal(err)
			}
			planned, err := Plan(t.Context(), env, PlanOptions{})
			if err != nil {
				t.Fatal(err)
			}
			planned.Store.Close()
			for _, p := range planned.Parts {
				sums = append(sums, p.SHA256)
			}
			calls = append(calls, planned.Calls.LookUp)
		}
		if len(sums) != 2 || sums[0] != sums[1] || calls[0] > 8 || calls[1] < 30 {
			t.Errorf("%s: parts %v by %d and %d calls", route, sums, calls[0], calls[1])
		}
	}
}
