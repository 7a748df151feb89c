package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/transport/twin"
)

var (
	kills = flag.Int("kills", 20, "how often TestKilled kills the program")
	seed  = flag.Uint64("seed", 1, "draws the moments at which TestKilled kills")
)

// TestKilled builds the program and kills it (SIGKILL) at random moments of its nights against a twin, until the nights
// are through. It holds the twin's record after every night: each row stored once, no file sent twice, none torn.
func TestKilled(t *testing.T) {
	dir, err := os.MkdirTemp("", "hr2coupa-chaos-*")
	if err != nil {
		t.Fatal(err)
	}
	again := fmt.Sprintf("make chaos N=%d SEED=%d", *kills, *seed)
	bin := filepath.Join(dir, "hr2coupa.exe") // a name that Windows starts too
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	all := &toll{states: map[string]int{}}
	lanes := []*lane{{}, {config: [][2]string{{"sftp.staging", "/"}}}, {config: [][2]string{{"load.via", "[page]"}, {"coupa.page_cookie", "{env: COUPA_PAGE_COOKIE}"}}}}
	var living sync.WaitGroup
	for i, l := range lanes {
		l.bin, l.dir, l.all = bin, filepath.Join(dir, fmt.Sprint(i)), all
		l.rand = rand.New(rand.NewPCG(*seed, uint64(i)))
		l.due = map[string]int{}
		living.Go(func() {
			if err := l.live(); err != nil {
				t.Errorf("night %d of lane %d: %v\nrepeat it: %s\nits folder: %s\n%s", l.night, i, err, again, l.dir, l.last.String())
				all.end()
			}
		})
	}
	living.Wait()
	nights := 0
	for _, l := range lanes {
		nights += l.night
	}
	t.Logf("%s: %d kills in %d nights; the first part that was not through was then: %v", again, all.killed, nights, all.states)
	if t.Failed() {
		return
	}
	if all.killed < *kills {
		t.Errorf("%d kills, want %d", all.killed, *kills)
	}
	if !all.spread() {
		t.Errorf("the moments are not spread: %v", all.states)
	}
	os.RemoveAll(dir)
}

// toll counts the kills of all lanes together.
type toll struct {
	mu     sync.Mutex
	killed int
	states map[string]int // of the first part that was not through
	ended  bool           // a lane has failed
}

// spread tells whether many kills have met many states.
func (a *toll) spread() bool { return *kills < 100 || len(a.states) >= 6 }

// goesOn tells whether there is more to kill. A rename is over in a moment, and how rarely one is met is a matter of the
// machine: kills go on until the states are many, or five times as many kills were not enough.
func (a *toll) goesOn() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.ended && (a.killed < *kills || !a.spread() && a.killed < 5**kills)
}

func (a *toll) add(state string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.killed++
	a.states[state]++
}

func (a *toll) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
}

// lane is one ledger and one twin, through which nights go one after another.
type lane struct {
	bin, dir string
	config   [][2]string
	rand     *rand.Rand
	all      *toll

	twin    *twin.Twin
	length  time.Duration // of a start that nobody disturbs
	night   int
	checked int            // loads that were held against the ledger
	due     map[string]int // how often each person's row must have been stored by now
	last    bytes.Buffer   // what the starts of this night said
}

func (l *lane) live() (err error) {
	if err := os.Mkdir(l.dir, 0o700); err != nil {
		return err
	}
	sw, err := twin.ParseSwitches([]string{"pickup-interval=10ms", "load-time=20ms", "list-delay=10ms", "rate=none"})
	if err != nil {
		return err
	}
	l.twin, err = twin.Start(context.Background(), twin.Options{Switches: sw, Password: plantedPassword, ClientSecret: plantedSecret, PageCookie: "_coupa_session=" + plantedCookie})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.twin.Close()) }()
	if err := l.write(); err != nil {
		return err
	}
	for l.all.goesOn() {
		if err := l.spend(); err != nil {
			return err
		}
	}
	return nil
}

func (l *lane) write() error {
	c := defaultConfig()
	for _, kv := range append([][2]string{
		{"instance", l.twin.URL()}, {"sftp.address", l.twin.SFTPAddr()}, {"sftp.host_key", `"` + l.twin.HostKeyFingerprint() + `"`},
		{"mapping.columns.Approver Login", "boss"}, {"layout.max_rows", "2"}, {"load.poll", "10ms"},
		{"limits.creates", "unlimited"}, {"limits.deactivations", "unlimited"},
	}, l.config...) {
		c.set(kv[0], kv[1])
	}
	c.remove("mapping.columns.Department")
	return os.WriteFile(filepath.Join(l.dir, "hr2coupa.yaml"), c.yaml(), 0o600)
}

// feed is a night of three waves in five parts: new people, some of whom name a new approver, one who leaves, and one
// record that is held back.
func (l *lane) feed() error {
	var b strings.Builder
	b.WriteString("employee_id,login,work_email,first_name,last_name,boss,status\n")
	for i, boss := range []string{"", "", "", "b", "b", "b"} {
		key := fmt.Sprintf("E%d-%d", l.night, i)
		if boss != "" {
			boss = fmt.Sprintf("u%d-0", l.night)
		}
		fmt.Fprintf(&b, "%s,u%d-%d,u%d-%d@example.com,First,Last,%s,active\n", key, l.night, i, l.night, i, boss)
		l.due[key]++
	}
	if l.night > 1 {
		fmt.Fprintf(&b, "E%d-1,u%d-1,u%d-1@example.com,First,Last,,inactive\n", l.night-1, l.night-1, l.night-1)
		l.due[fmt.Sprintf("E%d-1", l.night-1)]++
	}
	fmt.Fprintf(&b, "E%d-9,u%d-9,no address,First,Last,,active\n", l.night, l.night)
	return os.WriteFile(filepath.Join(l.dir, "feed.csv"), []byte(b.String()), 0o600)
}

// mostTries bounds the starts of one night.
const mostTries = 40

// spend goes through one night: starts that are killed, until one is let through and says that all is done. The first
// night is undisturbed, to know how long one is.
func (l *lane) spend() error {
	l.night++
	l.last.Reset()
	if err := l.feed(); err != nil {
		return err
	}
	for range mostTries {
		var after time.Duration
		if l.length > 0 && l.rand.IntN(3) > 0 {
			after = l.moment()
		}
		killed, code, err := l.start(after)
		if err != nil {
			return err
		}
		if killed {
			if err := l.reached(); err != nil {
				return err
			}
			continue
		}
		if code != export.ExitPartial { // for the record that is held back
			return fmt.Errorf("a start that was let through ended with %d, want %d", code, export.ExitPartial)
		}
		return l.hold()
	}
	return fmt.Errorf("not through after %d starts", mostTries)
}

// moment is when to kill: half of them as likely in every doubling of the time that has passed, so that the first
// steps get their share, the others as likely at any time.
func (l *lane) moment() time.Duration {
	if l.rand.IntN(2) == 0 {
		return time.Duration(l.rand.Float64() * float64(l.length))
	}
	first := float64(time.Millisecond)
	return time.Duration(first * math.Pow(float64(l.length)/first, l.rand.Float64()))
}

// start starts the program and kills it after a while; 0 lets it through. One that has ended before was not killed.
func (l *lane) start(after time.Duration) (killed bool, code int, err error) {
	cmd := exec.Command(l.bin, "run")
	cmd.Dir = l.dir
	cmd.Env = []string{"COUPA_SFTP_PASSWORD=" + plantedPassword, "COUPA_CLIENT_SECRET=" + plantedSecret, "COUPA_PAGE_COOKIE=_coupa_session=" + plantedCookie}
	cmd.Stdout, cmd.Stderr = &l.last, &l.last
	fmt.Fprintf(&l.last, "--- start, killed after %s\n", after)
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return false, 0, err
	}
	if after == 0 {
		after = patience
	}
	kill := time.AfterFunc(after, func() { cmd.Process.Kill() })
	err = cmd.Wait()
	kill.Stop()
	code = cmd.ProcessState.ExitCode()
	if killed = code < 0 || !cmd.ProcessState.Exited(); killed && after == patience {
		return false, 0, fmt.Errorf("a start hung for %s", patience)
	}
	if !killed { // the longest counts: a machine that has become busy is killed at late moments, too
		l.length = max(l.length, time.Since(began))
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = nil
	}
	fmt.Fprintf(&l.last, "killed %v, exit %d\n", killed, code)
	return killed, code, err
}

func (l *lane) open() (*ledger.Ledger, error) {
	return ledger.Open(ledger.Options{Dir: filepath.Join(l.dir, "ledger"), Now: time.Now})
}

// reached counts a kill under the state of the first part that was not through.
func (l *lane) reached() error {
	led, err := l.open()
	if err != nil {
		return fmt.Errorf("the ledger after a kill: %w", err)
	}
	defer led.Close()
	rec, ok, err := led.Run("")
	if err != nil {
		return err
	}
	open, err := led.Unfinished()
	state := "no plan"
	switch {
	case len(open) > 0:
		state = string(open[0].State)
	case ok && rec.State == export.RunWorking && rec.Input > 0:
		state = "all settled"
	case ok && rec.State == export.RunWorking:
		state = "begun"
	}
	l.all.add(state)
	return err
}

// hold holds what the twin has seen in this night against the ledger and against what was due.
func (l *lane) hold() error {
	led, err := l.open()
	if err != nil {
		return err
	}
	defer led.Close()
	runs, err := led.Runs(mostTries + 2)
	if err != nil {
		return err
	}
	parts := map[string]export.Part{}
	for _, r := range runs {
		if r.State != export.RunEnded {
			return fmt.Errorf("run %s is %s in the end", r.ID, r.State)
		}
		by, err := led.Counts(r.ID)
		if err != nil {
			return err
		}
		if sum := (export.Counts{By: by}).Sum(); sum != r.Input {
			return fmt.Errorf("run %s: %d records in, %v", r.ID, r.Input, by)
		}
		of, err := led.Parts(r.ID)
		if err != nil {
			return err
		}
		for _, p := range of {
			parts[p.Name] = p
		}
	}
	loads := l.twin.Loads()
	for _, load := range loads[l.checked:] {
		if load.Torn() || load.SHA256 != parts[load.Name].SHA256 {
			return fmt.Errorf("%s was taken torn, or is not what was planned: %d of %d bytes", load.Name, load.Size, parts[load.Name].Size)
		}
	}
	l.checked = len(loads)
	names := map[string]bool{}
	for _, load := range loads {
		if names[load.Name] {
			return fmt.Errorf("%s was sent twice", load.Name)
		}
		names[load.Name] = true
	}
	times := map[string]int{}
	for _, row := range l.twin.Applied() {
		times[row.Key]++
	}
	if maps.Equal(times, l.due) {
		return nil
	}
	var wrong []string
	for key, n := range l.due {
		if times[key] != n {
			wrong = append(wrong, fmt.Sprintf("%s %d times, want %d", key, times[key], n))
		}
	}
	slices.Sort(wrong)
	return fmt.Errorf("%d people were stored, want %d: %s", len(times), len(l.due), strings.Join(wrong, "; "))
}
