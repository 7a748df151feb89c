package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/transport/twin"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

// fault is one thing that goes wrong in a night, with its expected result: of the run that meets it, and of the next one
// when it is over.
type fault struct {
	name string
	says string                                     // more about it, for the docs
	on   []string                                   // switches of the twin while it lasts
	off  []string                                   // switches of the twin from its start to its end
	here []string                                   // keys of the config while it lasts, KEY=VALUE
	both []string                                   // keys of the config from the start to the end
	each []string                                   // keys of the config; the fault is played once with each
	how  string                                     // how it is made, if not by switches and keys
	do   func(*stage) (end func() error, err error) // what else goes wrong; nil: nothing
	via  func(*stage, ...string) came               // how the first run is started; nil: by the front door, in this process

	sees string // a characteristic piece of what the person reads
	exit int

	hand []string // what a person does first: a command, PART for the part's name
	next deed
	args []string // of the next run, besides the config
	ends int      // its exit code

	rows  int  // that the twin has stored in the end; 0: the feed's three
	twice bool // some of them twice, since HR has delivered them twice
	torn  bool // the twin has loaded a torn file
	road  bool // it hits the API route: people whom Coupa has as HR says are counted
}

// deed is what the next run does, in the words of the docs; each is compared with the twin's record.
type deed string

const (
	sends  deed = "plans and sends everything"
	goesOn deed = "sends what was not sent, asks about the rest"
	ends   deed = "brings to its end whatever is left: sends it, or only asks"
	asks   deed = "sends nothing, asks and learns the verdict"
	seen   deed = "says seen, sends nothing"
	again  deed = "says seen; with `--again` sends the rows again"
	whole  deed = "takes HR's whole file for a new one, sends all of it"
	joins  deed = "plans again what was held, sends it"
)

// stage is the world of one fault: the program with its config on one side, the twin on the other.
type stage struct {
	world
	env  map[string]string
	road bool
}

// came is the result of a command.
type came struct {
	exit     int
	out, log string
	loads    int // that the twin knows of afterwards; on the API route, people whom Coupa has as HR says
}

func newStage(dir string, f fault) (*stage, error) {
	n := &stage{road: f.road, world: world{dir: dir, config: defaultConfig()}, env: map[string]string{
		"COUPA_SFTP_PASSWORD": plantedPassword, "COUPA_CLIENT_SECRET": plantedSecret, "COUPA_PAGE_COOKIE": "_coupa_session=" + plantedCookie,
	}}
	for _, name := range []string{"feed.csv", "users.json"} {
		data, err := os.ReadFile(filepath.Join(files, name))
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return nil, err
		}
	}
	if f.road {
		if err := n.layRoad(); err != nil {
			return nil, err
		}
	}
	n.config.set("ledger", filepath.Join(dir, "ledger"))
	n.config.set("feed.files", "["+filepath.Join(dir, "feed.csv")+"]")
	n.keys(f.both)
	return n, n.start(f.off)
}

func (n *stage) keys(keys []string) {
	for _, kv := range keys {
		path, value, _ := strings.Cut(kv, "=")
		n.config.set(path, value)
	}
}

// run starts a command at the front door.
func (n *stage) run(args ...string) came {
	var out, log bytes.Buffer
	exit := Main(context.Background(), append(args, "-c", n.configPath()), func(k string) string { return n.env[k] }, strings.NewReader(""), &out, &log)
	return came{exit: exit, out: out.String(), log: log.String(), loads: n.count()}
}

// count returns what a run is judged by: loads in Coupa, or people.
func (n *stage) count() int {
	if n.road {
		people, _ := n.reached()
		return people
	}
	return len(n.sent())
}

// sent returns the loads of files that we delivered.
func (n *stage) sent() []twin.Load {
	var ours []twin.Load
	for _, l := range n.twin.Loads() {
		if strings.HasPrefix(l.FileName, "_Incoming_Users_Users_") && l.Size > 61 {
			ours = append(ours, l)
		}
	}
	return ours
}

// playEach plays a fault once with each of its keys.
func (f fault) playEach(dir string) error {
	if f.each == nil {
		return f.play(dir)
	}
	var faults []error
	for i, key := range f.each {
		one, room := f, filepath.Join(dir, strconv.Itoa(i))
		one.both = append(slices.Clone(f.both), key)
		err := os.Mkdir(room, 0o700)
		if err == nil {
			err = one.play(room)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("with %s: %w", key, err))
		}
	}
	return errors.Join(faults...)
}

// play has the fault come, go, and the program run again; its error says what differs from the table.
func (f fault) play(dir string) (err error) {
	n, err := newStage(dir, f)
	if err != nil {
		return err
	}
	defer n.close()
	first, err := f.strike(n)
	if err != nil {
		return err
	}
	n.twin.PickUp() // as its clock soon does: a quick run would ask about a part that still lies in the drop folder
	faults := []error{first.hold("with the fault", f.exit, n), first.shows(f.sees)}
	if f.hand != nil {
		faults = append(faults, n.byHand(f.hand, first))
	}
	next := n.run(append([]string{"run"}, f.args...)...)
	faults = append(faults, next.hold("the next run", f.ends, n), f.next.held(first, next))
	faults = append(faults, n.record(f))
	calls := n.writes()
	if last := n.run("run"); last.loads != next.loads || n.writes() > calls {
		faults = append(faults, fmt.Errorf("one run more has sent something:\n%s", last.out))
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("%w\n\n--- with the fault: %d, %d loads\n%s%s\n--- the next run: %d, %d loads\n%s%s", err, first.exit, first.loads, first.out, first.log, next.exit, next.loads, next.out, next.log)
	}
	return nil
}

// strike is the run that meets the fault. Afterwards the fault is gone.
func (f fault) strike(n *stage) (came, error) {
	well := n.config.yaml()
	n.keys(f.here)
	if err := errors.Join(n.twin.Set(f.on...), n.writeConfig()); err != nil {
		return came{}, err
	}
	end := func() error { return nil }
	if f.do != nil {
		var err error
		if end, err = f.do(n); err != nil {
			return came{}, err
		}
	}
	start := n.run
	if f.via != nil {
		start = func(args ...string) came { return f.via(n, args...) }
	}
	first := start("run")
	err := errors.Join(end(), os.WriteFile(n.configPath(), well, 0o600))
	return first, errors.Join(err, n.twin.Set(f.back()...))
}

// back returns the switches that were turned, with their old values.
func (f fault) back() []string {
	var back []string
	for _, sw := range f.on {
		name, _, _ := strings.Cut(sw, "=")
		was := name + "=" + standard(name)
		for _, sw := range f.off {
			if strings.HasPrefix(sw, name+"=") {
				was = sw
			}
		}
		back = append(back, was)
	}
	return back
}

// standard returns a switch's default.
func standard(name string) string {
	for _, d := range switchboard.Docs() {
		if d.Name == name {
			return d.Default
		}
	}
	return ""
}

var sum = regexp.MustCompile(`(?m)^  (\d+) in = (.*)$`)

// hold compares the exit code, checks every sum that was printed, and looks for private data in the log.
func (d came) hold(what string, exit int, n *stage) error {
	var faults []error
	if d.exit != exit {
		faults = append(faults, fmt.Errorf("%s: exit code %d, want %d", what, d.exit, exit))
	}
	for _, m := range sum.FindAllStringSubmatch(d.out, -1) {
		total, _ := strconv.Atoi(m[1])
		for _, term := range strings.Split(m[2], " + ") {
			count, _, _ := strings.Cut(term, " ")
			k, err := strconv.Atoi(count)
			faults = append(faults, err)
			total -= k
		}
		if total != 0 {
			faults = append(faults, fmt.Errorf("%s: the sum %q does not add up", what, m[0]))
		}
	}
	private, err := n.shown(d.log)
	if len(private) > 0 {
		faults = append(faults, fmt.Errorf("%s: stderr shows what is private: %q", what, private))
	}
	return errors.Join(append(faults, err)...)
}

// shows checks that a piece is printed. Between what is wrong and what to do it has " / hint: ".
func (d came) shows(piece string) error {
	if piece == "" || !strings.Contains(fieldsBetween.ReplaceAllString(d.out+d.log, " / hint: "), piece) {
		return fmt.Errorf("with the fault: nothing prints %q", piece)
	}
	return nil
}

// fieldsBetween is what stands between what is wrong and what to do: in a text, and in a line of the log.
var fieldsBetween = regexp.MustCompile(`\n *hint: |" hint="?`)

// held compares a deed with what the twin has seen.
func (d deed) held(first, next came) error {
	before := strings.Contains(next.out, "seen: ")
	did := map[deed]bool{
		joins:  first.loads == 0 && next.loads > 0,
		sends:  first.loads == 0 && next.loads > 0 && !before,
		goesOn: next.loads > first.loads && before,
		ends:   first.loads > 0 && next.loads >= first.loads && before,
		asks:   first.loads > 0 && next.loads == first.loads && before,
		seen:   first.exit == 0 && first.loads > 0 && next.loads == first.loads && before,
		again:  next.loads > first.loads,
		whole:  next.loads > first.loads && !before,
	}
	if !did[d] {
		return fmt.Errorf("the next run does not do this: %s", d)
	}
	return nil
}

var partName = regexp.MustCompile(`Users_\d{8}T\d{6}Z_[0-9a-f]{8}_\d+of\d+\.csv`)

// byHand does what a person does between the runs; PART is the first part that the first run named.
func (n *stage) byHand(args []string, first came) error {
	args = slices.Clone(args)
	if i := slices.Index(args, "PART"); i >= 0 {
		args[i] = partName.FindString(first.out)
	}
	if d := n.run(args...); d.exit != 0 {
		return fmt.Errorf("%v: exit code %d: %s%s", args, d.exit, d.out, d.log)
	}
	return nil
}

// record checks that the twin's own record shows every row once, no file twice and none torn.
func (n *stage) record(f fault) error {
	if f.road {
		_, err := n.reached()
		return err
	}
	var faults []error
	names, keys := map[string]bool{}, map[string]int{}
	for _, l := range n.sent() {
		if names[l.Name] {
			faults = append(faults, fmt.Errorf("the twin has loaded %s twice", l.Name))
		}
		names[l.Name] = true
		if l.Torn() && !f.torn {
			faults = append(faults, fmt.Errorf("the twin has loaded a torn file: %s", l.Name))
		}
	}
	applied := n.twin.Applied()
	for _, a := range applied {
		if keys[a.Key]++; keys[a.Key] > 1 && !f.twice {
			faults = append(faults, fmt.Errorf("the row of key %s was applied %d times", a.Key, keys[a.Key]))
		}
	}
	if want := cmp.Or(f.rows, 3); len(applied) != want {
		faults = append(faults, fmt.Errorf("the twin has applied %d rows, want %d", len(applied), want))
	}
	return errors.Join(faults...)
}

// faultsAtOnce is how many nights are played at a time: they wait more than they work.
const faultsAtOnce = 12

// TestFaultTable plays every fault of the table, and compares docs/faults.md with it.
func TestFaultTable(t *testing.T) {
	t.Parallel()
	groups := faultTable()
	slots := make(chan struct{}, faultsAtOnce)
	played := map[string]chan error{}
	together := slices.DeleteFunc(slices.Clone(groups), func(g faultGroup) bool { return g.apart })
	for _, g := range together {
		for _, f := range g.faults {
			name := g.title + "/" + f.name
			if played[name] != nil {
				t.Fatalf("two faults are called %s", name)
			}
			done, dir := make(chan error, 1), t.TempDir()
			if len(played)%everyFault != 0 {
				done <- nil
				played[name] = done
				continue
			}
			played[name] = done
			go func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				done <- f.playEach(dir)
			}()
		}
	}
	if len(played) < 180 {
		t.Errorf("only %d faults", len(played))
	}
	for _, g := range together {
		for _, f := range g.faults {
			t.Run(g.title+"/"+f.name, func(t *testing.T) {
				if err := <-played[g.title+"/"+f.name]; err != nil {
					t.Error(err)
				}
			})
		}
	}
	for _, kind := range switchboard.Personalities() {
		if played["Personalities/"+kind.Name] == nil {
			t.Errorf("personality %s is not played", kind.Name)
		}
	}
	holdPage(t, "../../docs/faults.md", faultPage(groups))
}

// holdPage compares a generated page of the docs with what it should be, and with -update writes it.
func holdPage(t *testing.T, path, want string) {
	if *Update && !t.Failed() {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if document(t, path) != want {
		t.Errorf("%s is not the table of the tests; remake it: go test ./cmd/hr2coupa -run TestFaultTable -update", path)
	}
}

// faultPage returns docs/faults.md.
func faultPage(groups []faultGroup) string {
	var b strings.Builder
	b.WriteString(faultIntro)
	for _, g := range groups {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", g.title, g.says)
		b.WriteString("| fault | how it is made | what you see | exit | the next run | exit |\n|---|---|---|---|---|---|\n")
		for _, f := range g.faults {
			next := string(f.next)
			if f.hand != nil {
				next = fmt.Sprintf("a person looks and says `%s`, then: %s", strings.Join(f.hand[:3], " "), next)
			}
			name := f.name
			if f.says != "" {
				name = "**" + f.name + "**: " + f.says
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %d | %s | %d |\n", name, f.made(), cell(f.sees), f.exit, next, f.ends)
		}
	}
	return b.String()
}

// cell returns a text as it is, for a table.
func cell(text string) string { return "`" + strings.ReplaceAll(text, "|", "\\|") + "`" }

// hurry are the keys that only keep a rehearsal short.
var hurry = []string{"coupa.retry", "coupa.timeout", "load.wait", "sftp.connect", "sftp.silence", "sftp.operation", "layout.max_rows", "limits.creates", "coupa.page_cookie"}

// made says how a fault is made: switches of the twin, keys of the config. The last of a name is the one that counts.
func (f fault) made() string {
	var how []string
	all := slices.Concat(f.off, f.on)
	for i, sw := range all {
		name, _, _ := strings.Cut(sw, "=")
		if !slices.ContainsFunc(all[i+1:], func(later string) bool { return strings.HasPrefix(later, name+"=") }) {
			how = append(how, cell(sw))
		}
	}
	here := slices.Concat(f.both, f.here)
	for i, kv := range here {
		key, value, _ := strings.Cut(kv, "=")
		again := slices.ContainsFunc(here[i+1:], func(later string) bool { return strings.HasPrefix(later, key+"=") })
		if !again && !slices.Contains(hurry, key) {
			how = append(how, cell(key+": "+value))
		}
	}
	if f.how != "" {
		how = append(how, f.how)
	}
	return strings.Join(how, " ")
}

const faultIntro = `# Faults

What hr2coupa survives, and how a night with it ends. Every line is played by a test: with the fault, and again when it
is over. After both, the record of the [twin](twin.md) shows every row stored once, no file loaded twice and none torn,
unless the line says otherwise; the sums that were told add up; and one run more sends nothing.

The words in the second column are switches of the twin (` + "`hr2coupa twin --set NAME=VALUE`" + `) and keys of the config, to rehearse
the same. The third holds a piece of what is told; " / hint: " in it stands for the line of its own that says what to do.

<!-- made by: go test ./cmd/hr2coupa -run TestFaultTable -update -->
`
