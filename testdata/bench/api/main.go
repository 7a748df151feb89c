// Api measures how evenly people are written by API: a change for each of many users of a twin that takes its time for
// every call, with the rate as high as Coupa allows. A proxy before the twin counts the calls as a server sees them.
//
//	go run ./testdata/bench/api HR2COUPA
//
// BENCH_USERS is how many people (5,000, which take about seven minutes), BENCH_LATENCY how many milliseconds a call
// takes (100).
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hr2coupa/hr2coupa/testdata/bench/side"
	"github.com/hr2coupa/hr2coupa/transport/twin"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

const rate = 25 // calls a second: Coupa's limit, and what coupa.rate says

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: api HR2COUPA")
		os.Exit(2)
	}
	if err := run(os.Args[1], side.Number("BENCH_USERS", 5000), side.Number("BENCH_LATENCY", 100)); err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}

func run(program string, users, latency int) error {
	program, err := filepath.Abs(program)
	if err != nil {
		return err
	}
	dir, err := side.Room()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	switches, err := switchboard.Parse([]string{fmt.Sprintf("api-latency=%dms", latency), fmt.Sprintf("rate=%d", rate)})
	if err != nil {
		return err
	}
	coupa, err := twin.Start(context.Background(), twin.Options{Switches: switches, Users: seed(users), ClientSecret: "secret"})
	if err != nil {
		return err
	}
	defer coupa.Close()
	gate, err := newGate(coupa.URL())
	if err != nil {
		return err
	}
	defer gate.Close()
	if err := prepare(dir, gate.URL, users); err != nil {
		return err
	}
	c := exec.Command(program, "run", "-c", "hr2coupa.yaml", "--log-level", "warn", "--json")
	c.Dir, c.Env, c.Stderr = dir, append(os.Environ(), "COUPA_CLIENT_SECRET=secret"), os.Stderr
	out, err := c.Output()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", c, err, out)
	}
	var rep struct{ Counts map[string]int }
	if err := json.Unmarshal(out, &rep); err != nil {
		return err
	}
	gate.print(users, rep.Counts["applied"])
	return nil
}

// seed makes the accounts, in the shape of Coupa's answers.
func seed(users int) *strings.Reader {
	var b strings.Builder
	for i := range users {
		fmt.Fprintf(&b, `,{"id":%d,"login":"u%d","email":"u%d@example.com","firstname":"Some","lastname":"Body","employee-number":"E%d","active":true}`, i+1, i, i, i)
	}
	return strings.NewReader("[" + b.String()[1:] + "]")
}

func prepare(dir, address string, users int) error {
	var feed strings.Builder
	feed.WriteString("employee_id,login,email,first_name,last_name\n")
	for i := range users {
		fmt.Fprintf(&feed, "E%d,u%d,u%d@example.com,Some,One\n", i, i, i)
	}
	config := fmt.Sprintf(`instance: %s
feed: {files: [users.csv], key: employee_id}
mapping:
  columns: {Login: login, Email: email, First Name: first_name, Last Name: last_name, Employee Number: employee_id}
route: api
coupa:
  client_id: twin
  client_secret: {env: COUPA_CLIENT_SECRET}
  scopes: [core.user.read, core.user.write]
  rate: %d
load: {via: [archive]}
ledger: ledger
`, address, rate)
	for name, text := range map[string]string{"users.csv": feed.String(), "hr2coupa.yaml": config} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// gate stands before the twin and notes when each call came in, and those that were too many.
type gate struct {
	*httptest.Server
	mu   sync.Mutex
	at   []time.Time
	many int
}

func newGate(to string) (*gate, error) {
	address, err := url.Parse(to)
	if err != nil {
		return nil, err
	}
	g := &gate{}
	proxy := httputil.NewSingleHostReverseProxy(address)
	proxy.ModifyResponse = func(r *http.Response) error {
		if r.StatusCode == http.StatusTooManyRequests {
			g.mu.Lock()
			g.many++
			g.mu.Unlock()
		}
		return nil
	}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			g.mu.Lock()
			g.at = append(g.at, time.Now())
			g.mu.Unlock()
		}
		proxy.ServeHTTP(w, r)
	}))
	return g, nil
}

// print prints what the server has seen.
func (g *gate) print(users, applied int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	slices.SortFunc(g.at, time.Time.Compare)
	span := g.at[len(g.at)-1].Sub(g.at[0])
	mean := float64(len(g.at)-1) / span.Seconds()
	most, first := 0, 0
	for i, t := range g.at { // the calls of every second that ends with one
		for t.Sub(g.at[first]) >= time.Second {
			first++
		}
		most = max(most, i-first+1)
	}
	s := side.NewSheet(os.Stdout)
	s.Say("%d people, %d applied, %d calls in %s", users, applied, len(g.at), span.Round(time.Second))
	s.Target(applied == users, "everyone applied: %d of %d", applied, users)
	s.Target(mean >= 23 && mean <= rate, "between 23 and %d calls a second: %.2f", rate, mean)
	s.Target(most <= rate, "never more than %d in any one second: %d", rate, most)
	s.Target(g.many == 0, "no answer 429: %d", g.many)
	s.End()
}
