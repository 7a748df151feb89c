// Plan measures how much of a checked plan is waiting: HR's whole feed, of which few people differ from a twin that takes its
// time for every call. The calls are evenly paced, so that what is left to the program is its processor time.
//
//	go run ./testdata/bench/plan HR2COUPA
//
// BENCH_USERS is how many people (20,000), BENCH_LATENCY how many milliseconds a call takes (100).
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/hr2coupa/hr2coupa/testdata/bench/side"
	"github.com/hr2coupa/hr2coupa/transport/twin"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

const (
	rate    = 20  // calls a second: the default of coupa.rate
	differs = 100 // one in so many people has another last name
	waits   = 0.9 // the share of the time that a plan may not use a processor
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: plan HR2COUPA")
		os.Exit(2)
	}
	if err := run(os.Args[1], side.Number("BENCH_USERS", 20_000), side.Number("BENCH_LATENCY", 100)); err != nil {
		fmt.Fprintln(os.Stderr, "plan:", err)
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
	switches, err := switchboard.Parse([]string{fmt.Sprintf("api-latency=%dms", latency)})
	if err != nil {
		return err
	}
	coupa, err := twin.Start(context.Background(), twin.Options{Switches: switches, Users: seed(users), ClientSecret: "secret"})
	if err != nil {
		return err
	}
	defer coupa.Close()
	if err := prepare(dir, coupa.URL(), users); err != nil {
		return err
	}
	c := exec.Command(program, "plan", "-c", "hr2coupa.yaml", "--log-level", "warn", "--json")
	c.Dir, c.Env, c.Stderr = dir, append(os.Environ(), "COUPA_CLIENT_SECRET=secret"), os.Stderr
	began := time.Now()
	out, err := c.Output()
	wall := time.Since(began)
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", c, err, out)
	}
	var plan struct {
		Same     int `json:"same"`
		RowCount int `json:"row_count"`
		Calls    struct {
			LookUp int `json:"look_up"`
		} `json:"calls"`
	}
	if err := json.Unmarshal(out, &plan); err != nil {
		return err
	}
	cpu := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	s := side.NewSheet(os.Stdout)
	s.Say("checked plan of %d people: %d as Coupa has them, %d differ; %d calls", users, plan.Same, plan.RowCount, plan.Calls.LookUp)
	s.Say("  wall %s, CPU %s", side.Seconds(wall), side.Seconds(cpu))
	if usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.Say("  peak %.0f MB", float64(usage.Maxrss)*1024/1e6)
	}
	s.Target(plan.Same+plan.RowCount == users && plan.RowCount == (users+differs-1)/differs, "exactly those who differ would be sent: %d", plan.RowCount)
	share := 1 - cpu.Seconds()/wall.Seconds()
	s.Target(share >= waits, "at least %.0f %% of the time is waiting: %.1f %%", waits*100, share*100)
	s.End()
	return nil
}

// seed makes the accounts, in the shape of Coupa's answers.
func seed(users int) *strings.Reader {
	var b strings.Builder
	for i := range users {
		name := "Body"
		if i%differs == 0 {
			name = "Other"
		}
		fmt.Fprintf(&b, `,{"id":%d,"login":"u%d","email":"u%d@example.com","firstname":"Some","lastname":"%s","employee-number":"E%d","active":true}`, i+1, i, i, name, i)
	}
	return strings.NewReader("[" + b.String()[1:] + "]")
}

func prepare(dir, address string, users int) error {
	var feed strings.Builder
	feed.WriteString("employee_id,login,email,first_name,last_name\n")
	for i := range users {
		fmt.Fprintf(&feed, "E%d,u%d,u%d@example.com,Some,Body\n", i, i, i)
	}
	config := fmt.Sprintf(`instance: %s
feed: {files: [users.csv], key: employee_id}
mapping:
  columns: {Login: login, Email: email, First Name: first_name, Last Name: last_name, Employee Number: employee_id}
sftp: {address: "127.0.0.1:22", user: bench, password: {env: COUPA_CLIENT_SECRET}, host_key: "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
preflight: api
coupa:
  client_id: twin
  client_secret: {env: COUPA_CLIENT_SECRET}
  scopes: [core.user.read, core.user.write, core.integration.read]
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
