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
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite"
	"github.com/hr2coupa/hr2coupa/transport/twin"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

var (
	kills = flag.Int("kills", 10, "how often TestKilled kills the program in each mode")
	seed  = flag.Uint64("seed", 1, "draws the moments at which TestKilled kills")
	mode  = flag.String("mode", "all", "what TestKilled kills: main, api, drop, watch, ledger, several with commas between, or all")
)

// TestKilled builds the program and kills it (SIGKILL) at random moments of its nights against a twin, until the nights
// are done. After every night it checks the rules of the mode.
func TestKilled(t *testing.T) {
	dir, err := os.MkdirTemp(diskDir, "hr2coupa-chaos-*")
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "hr2coupa.exe") // a name under which Windows starts it too
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	asked := strings.Split(*mode, ",")
	for _, m := range chaosModes() {
		if *mode == "all" || slices.Contains(asked, m.name) {
			asked = slices.DeleteFunc(asked, func(name string) bool { return name == m.name || name == "all" })
			t.Run(m.name, func(t *testing.T) { m.kill(t, bin, filepath.Join(dir, m.name)) })
		}
	}
	if len(asked) > 0 {
		t.Errorf("there is no mode %q", asked)
	}
	if !t.Failed() {
		os.RemoveAll(dir)
	}
}

// kill plays the nights of a mode, all its lanes side by side.
func (m chaosMode) kill(t *testing.T, bin, dir string) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	again := fmt.Sprintf("make chaos MODE=%s N=%d SEED=%d", m.name, *kills, *seed)
	all := &toll{states: map[string]int{}, most: m.states}
	var lanes []*lane
	for i, config := range m.lanes {
		lanes = append(lanes, &lane{
			bin: bin, dir: filepath.Join(dir, fmt.Sprint(i)), config: config, play: m.play(), all: all,
			rand: rand.New(rand.NewPCG(*seed, uint64(i))), due: map[string]int{}, length: map[string]time.Duration{},
		})
	}
	var living sync.WaitGroup
	for i, l := range lanes {
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
	t.Logf("%s: %d kills in %d nights, %d of them at work; what they met: %v", again, all.killed, nights, all.hits(), all.states)
	switch {
	case t.Failed():
	case all.killed < *kills:
		t.Errorf("%d kills, want %d", all.killed, *kills)
	case all.hits() == 0:
		t.Error("no kill has met the program at work: its nights are too short, or their length is measured wrongly")
	case !all.spread():
		t.Errorf("the moments are not spread: %v", all.states)
	}
}

// toll counts the kills of all lanes together.
type toll struct {
	mu     sync.Mutex
	killed int
	states map[string]int // what the kills met
	most   int            // how many states many kills must meet
	ended  bool           // a lane has failed
}

// idle is a kill before the program was at work on anything, or after.
const idle = "no plan"

func (a *toll) hits() int { return a.killed - a.states[idle] }

// spread reports whether kills have met the program at work, and many kills many states.
func (a *toll) spread() bool { return a.hits() > 0 && (*kills < 100 || len(a.states) >= a.most) }

// goesOn reports whether more kills are due. A rename is over in a moment: the machine decides how rarely a kill meets one,
// and whether a few kills all come too early. So kills go on until they are spread, or until five times as many were
// not enough.
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

// lane is one ledger and one twin, with one night after another.
type lane struct {
	bin, dir string
	config   [][2]string
	play     play
	rand     *rand.Rand
	all      *toll

	twin    *twin.Twin
	length  map[string]time.Duration // of an undisturbed start, by its command
	night   int
	checked int            // loads that were compared with the ledger
	due     map[string]int // how often each person's row must have been stored by now
	last    bytes.Buffer   // what the starts of this night printed
}

func (l *lane) live() (err error) {
	if err := os.MkdirAll(filepath.Join(l.dir, "drop"), 0o700); err != nil {
		return err
	}
	sw, err := switchboard.Parse([]string{"pickup-interval=10ms", "load-time=20ms", "list-delay=10ms", "rate=none"})
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
		{"limits.logins", "unlimited"}, {"limits.emails", "unlimited"}, {"limits.numbers", "unlimited"}, {"limits.reactivations", "unlimited"}, {"limits.roles_taken", "unlimited"},
	}, l.config...) {
		c.set(kv[0], kv[1])
	}
	c.remove("mapping.columns.Department")
	return os.WriteFile(filepath.Join(l.dir, "hr2coupa.yaml"), c.yaml(), 0o600)
}

// mostTries bounds the starts of one night.
const mostTries = 40

// spend plays one night, command by command.
func (l *lane) spend() error {
	l.night++
	l.last.Reset()
	if err := l.play.prepare(l); err != nil {
		return err
	}
	for _, s := range l.play.steps(l) {
		if err := l.through(s); err != nil {
			return fmt.Errorf("%s: %w", s.args[0], err)
		}
	}
	return l.play.hold(l)
}

// through repeats a command that is killed, until one start is left alone and says that all is done. The first night is
// undisturbed, to measure how long one is.
func (l *lane) through(s turn) error {
	for range mostTries {
		var after time.Duration
		if length := l.length[s.name()]; length > 0 && !s.calm && l.rand.IntN(3) > 0 {
			after = l.moment(length)
		}
		killed, code, err := l.start(s, after)
		if err != nil {
			return err
		}
		if killed {
			state, err := l.play.met(l, s)
			if err != nil {
				return fmt.Errorf("after a kill: %w", err)
			}
			l.all.add(state)
			continue
		}
		if !slices.Contains(s.codes, code) {
			return fmt.Errorf("a start that was let through ended with %d, want %v", code, s.codes)
		}
		return nil
	}
	return fmt.Errorf("not through after %d starts", mostTries)
}

// moment returns when to kill. Half of the moments are as likely in every doubling of the time that has passed, so that the
// first steps get their share; the others are as likely at any time.
func (l *lane) moment(length time.Duration) time.Duration {
	if l.rand.IntN(2) == 0 {
		return time.Duration(l.rand.Float64() * float64(length))
	}
	first := float64(time.Millisecond)
	return time.Duration(first * math.Pow(float64(length)/first, l.rand.Float64()))
}

// start starts the program and kills it after a while; with 0 it does not kill. A start that has ended before was not killed.
func (l *lane) start(s turn, after time.Duration) (killed bool, code int, err error) {
	cmd := exec.Command(l.bin, s.args...)
	cmd.Dir = l.dir
	cmd.Env = []string{"COUPA_SFTP_PASSWORD=" + plantedPassword, "COUPA_CLIENT_SECRET=" + plantedSecret, "COUPA_PAGE_COOKIE=_coupa_session=" + plantedCookie}
	cmd.Stdout, cmd.Stderr = &l.last, &l.last
	fmt.Fprintf(&l.last, "--- %s, killed after %s\n", strings.Join(s.args, " "), after)
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
	if !killed { // the longest counts: on a machine that has become busy, kills come late enough too
		l.length[s.name()] = max(l.length[s.name()], time.Since(began))
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = nil
	}
	fmt.Fprintf(&l.last, "killed %v, exit %d\n", killed, code)
	return killed, code, err
}

func (l *lane) open() (ledger.Ledger, error) {
	return sqlite.Open(sqlite.Options{Dir: filepath.Join(l.dir, "ledger"), Now: time.Now})
}

// reached returns the state of the first part that was not done when the program was killed.
func (l *lane) reached() (state string, err error) {
	led, err := l.open()
	if err != nil {
		return "", fmt.Errorf("the ledger: %w", err)
	}
	defer led.Close()
	rec, ok, err := led.Run("")
	if err != nil {
		return "", err
	}
	open, err := led.Unfinished()
	state = idle
	switch {
	case len(open) > 0:
		state = string(open[0].State)
	case ok && rec.State == export.RunWorking && rec.Input > 0:
		state = "all settled"
	case ok && rec.State == export.RunWorking:
		state = "begun"
	}
	return state, err
}

// hold compares what the twin has seen in this night with the ledger and with what was due: each row is stored once, no
// file is sent twice, and none is torn.
func (l *lane) hold() error {
	if err := l.settled(); err != nil {
		return err
	}
	return l.stored()
}

// settled checks that every run has ended, its sums are right, the ledger is sound, and no file was sent twice or torn.
func (l *lane) settled() error {
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
	return sound(filepath.Join(l.dir, "ledger"))
}

// stored checks that the twin has each row as often as it was due.
func (l *lane) stored() error {
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
