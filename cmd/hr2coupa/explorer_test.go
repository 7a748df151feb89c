package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite"
	"github.com/hr2coupa/hr2coupa/transport/twin"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

// way is how parts are sent in a family of worlds.
type way struct {
	name   string
	args   []string
	config [][2]string
	fars   []far
	before hit    // a blow to an earlier start; the start that is explored goes on from there
	call   string // the name of the call that the blow hits
	least  int    // how many worlds there must be, so that none is lost unseen
	reads  bool   // every part must have been read back in the end
	doubt  bool   // written directly: a person may have to say what happened to a part
	api    bool   // by calls: what counts in the end is what Coupa has
	beside bool   // an urgent change, while the night is held
	held   bool   // a night that is held behind a held night
	undo   bool   // a run that is taken back
	waits  bool   // the records of the night before have waited for this day
	keeps  bool   // a night that keeps its records for the day after
}

func ways() []way {
	run := []string{"run", "--json"}
	urgent := []string{"run", "--json", "--route", "api", "urgent.csv"}
	drop := []string{"drop", "--json", "first.csv", "second.csv"}
	direct := [][2]string{{"sftp.direct", "true"}}
	reads := [][2]string{{"coupa.scopes", "[core.integration.read, core.user.read]"}}
	all := fars()
	died := hit{blow: crashAfter}
	return []way{
		{name: "staging", args: run, fars: all[:4], least: 362},
		{name: "staging, after a crash behind the first rename", args: run, fars: all[:1], least: 20, call: "Commit 1of4", before: died},
		{name: "staging, after a crash before the first rename", args: run, fars: all[:1], least: 20, call: "Move 1of4 renaming", before: died},
		{name: "direct", args: run, config: direct, fars: all, least: 552, doubt: true},
		{name: "direct, after a crash behind the first file", args: run, config: direct, fars: all[:1], least: 23, call: "Write 1of4", before: died, doubt: true},
		{name: "direct, after a crash before the first file", args: run, config: direct, fars: all[:1], least: 35, call: "Move 1of4 renaming", before: died, doubt: true},
		{name: "drop", args: drop, fars: all[:2], least: 138},
		{name: "by API", args: run, config: byAPIConfig(), fars: all[:1], least: 130, api: true},
		{name: "by API, after a crash between the two calls that take a role away", args: run, config: byAPIConfig(), fars: all[:1], least: 40, call: "Update 2", before: died, api: true},
		{name: "by API, beside a held night", args: urgent, config: besideConfig(), fars: all[:1], least: 200, api: true, beside: true},
		{name: "a held night behind a held night", args: run, config: heldConfig(), fars: all[:1], least: 140, held: true},
		{name: "a run by API that is taken back", args: undoArgs(), config: byAPIConfig(), fars: all[:1], least: 220, api: true, undo: true},
		{name: "a run that is taken back by file", args: undoArgs(), config: undoConfig(), fars: all[:2], least: 220, api: true, undo: true},
		{name: "records that have waited for their day", args: run, config: datedConfig(), fars: all[:2], least: 270, waits: true},
		{name: "a night that keeps records for their day", args: run, config: datedConfig(), fars: all[:1], least: 90, keeps: true},
		{name: "staging, and read back", args: run, config: reads, fars: all[1:2], least: 90, reads: true},
	}
}

// far is what the far end does with a file between the blow and the next start, and how it goes on.
type far struct {
	name     string
	taken    bool          // the pick-up clock ticks right after the blow, else only when a start asks
	delay    time.Duration // how long a load is neither listed nor done
	switches []string
}

func fars() []far {
	return []far{
		{"nothing was picked up", false, 0, nil},
		{"picked up and loaded", true, 0, nil},
		{"picked up, listed late", true, 90 * time.Second, []string{"list-delay=90s"}},
		{"picked up, archived after a slow load", true, 90 * time.Second, []string{"archive-time=after", "load-time=90s"}},
		{"picked up, the archive cannot be read", true, 0, []string{"archive-read=denied"}},
		{"picked up, the archive cannot be read, listed very late", true, 20 * time.Minute, []string{"archive-read=denied", "list-delay=20m"}},
	}
}

// twoWaves is a feed of four parts in two waves: a person with bob as approver waits for bob.
const twoWaves = `employee_id,login,work_email,first_name,last_name,boss,status
E1,ann,ann@example.com,Ann,Archer,bob,active
E2,bob,bob@example.com,Bob,Baker,,active
E3,cyd,cyd@example.com,Cyd,CARTER,,active
E3,cyd,cyd@example.com,Cyd,Carter,,active
E4,dan,dan@example.com,Dan,Draper,bob,active
E5,eve,eve@example.com,Eve,Eden,,active
E6,fay,fay@example.com,Fay,Fox,bob,active
`

// readyFirst and readySecond are the same people as files for drop.
const readyFirst = `Employee Number,Login,Email,First Name,Last Name
E2,bob,bob@example.com,Bob,Baker
E3,cyd,cyd@example.com,Cyd,Carter
E5,eve,eve@example.com,Eve,Eden
`

const readySecond = `Employee Number,Login,Email,First Name,Last Name,Approver Login
E1,ann,ann@example.com,Ann,Archer,bob
E4,dan,dan@example.com,Dan,Draper,bob
E6,fay,fay@example.com,Fay,Fox,bob
`

// waveOf returns the people who must have been stored in the end, each with 1 for a file of the first wave or 2.
func waveOf() map[string]int {
	return map[string]int{"E2": 1, "E3": 1, "E5": 1, "E1": 2, "E4": 2, "E6": 2}
}

// fate is one world: a way, a far end, and a blow to one call of a start.
type fate struct {
	way   way
	far   far
	hit   hit
	point point
}

func (s fate) String() string {
	return fmt.Sprintf("%s: %s at call %d (%s); %s", s.way.name, s.hit.blow, s.hit.at, s.point.name, s.far.name)
}

// theatre is where a fate is played: a folder, a twin and a clock of its own.
type theatre struct {
	fate
	dir    string
	twin   *twin.Twin
	config *section
	ledger string
	starts int
	// allowed is how many starts may settle everything.
	allowed int
	again   bool         // a person has said that rows did not arrive
	held    *ledger.Kept // what the held night kept before the urgent change
	undone  string       // the run that is taken back
	log     bytes.Buffer

	mu  sync.Mutex
	now time.Time
}

func (g *theatre) clock() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.now
}

func (g *theatre) advance(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now = g.now.Add(d)
}

func newTheatre(dir string, s fate) (*theatre, error) {
	g := &theatre{fate: s, dir: dir, config: defaultConfig(), now: firstNight, allowed: mostStarts}
	for name, text := range map[string]string{"feed.csv": s.way.feed(), "first.csv": readyFirst, "second.csv": readySecond, "urgent.csv": urgentOf()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	sw, err := switchboard.Parse(append([]string{"pickup=manual", "rate=none"}, s.far.switches...))
	if err != nil {
		return nil, err
	}
	g.twin, err = twin.Start(context.Background(), twin.Options{Switches: sw, Now: g.clock, Password: plantedPassword, ClientSecret: plantedSecret, Users: s.way.people()})
	if err != nil {
		return nil, err
	}
	for _, kv := range append([][2]string{
		{"instance", g.twin.URL()}, {"sftp.address", g.twin.SFTPAddr()}, {"sftp.host_key", `"` + g.twin.HostKeyFingerprint() + `"`},
		{"feed.files", fmt.Sprintf("[%q]", filepath.Join(dir, "feed.csv"))}, {"mapping.columns.Approver Login", "boss"},
		{"limits.logins", "unlimited"}, {"limits.emails", "unlimited"}, {"limits.numbers", "unlimited"}, {"limits.reactivations", "unlimited"}, {"limits.roles_taken", "unlimited"},
		{"limits.creates", "unlimited"}, {"load.poll", "1ms"}, {"load.pickup", "5m"}, {"load.wait", "2h"},
	}, s.way.config...) {
		g.config.set(kv[0], kv[1])
	}
	g.config.remove("mapping.columns.Department")
	if s.way.args[0] != "drop" {
		g.config.set("layout.max_rows", "2")
	}
	return g, g.lead("ledger")
}

// lead points the config at another ledger folder.
func (g *theatre) lead(folder string) error {
	g.ledger = filepath.Join(g.dir, folder)
	g.config.set("ledger", g.ledger)
	return os.WriteFile(g.path("hr2coupa.yaml"), g.config.yaml(), 0o600)
}

func (g *theatre) path(name string) string { return filepath.Join(g.dir, name) }

// ended is the result of a start.
type ended struct {
	code int
	rep  printed
}

// printed is a report as --json prints it, as much of it as the sums need.
type printed struct {
	Verdict string         `json:"verdict"`
	Counts  map[string]int `json:"counts"`
	Resumed []printed      `json:"resumed"`
}

func (r printed) balance() error {
	sum := 0
	for _, n := range r.Counts {
		sum += n
	}
	if input := r.Counts["input"]; sum != 2*input {
		return fmt.Errorf("a report counts %v: %d in, %d out", r.Counts, input, sum-input)
	}
	for _, old := range r.Resumed {
		if err := old.balance(); err != nil {
			return err
		}
	}
	return nil
}

// start is one start of the program behind a tap. A start that crashes leaves its ledger as it is at that moment,
// and the next start goes on from there.
func (g *theatre) start(t *tap, args ...string) (e ended, err error) {
	g.starts++
	g.advance(time.Minute)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	image := fmt.Sprintf("ledger%d", g.starts)
	t.struck = func(crash bool) {
		if crash {
			err = copyPrivate(g.path(image), os.DirFS(g.ledger))
			cancel(errDead)
		}
		if g.far.taken {
			g.twin.PickUp()
		}
	}
	t.asking = func(what string) {
		g.advance(time.Minute)
		if what == "Ask" {
			g.twin.PickUp()
		}
	}
	fmt.Fprintf(&g.log, "--- start %d: %s\n", g.starts, strings.Join(args, " "))
	var out bytes.Buffer
	e.code = execute(ctx, g.app(t, &out), append([]string{"-c", g.path("hr2coupa.yaml")}, args...))
	fmt.Fprintf(&g.log, "%sexit %d\n", out.String(), e.code)
	if t.dead {
		fmt.Fprintln(&g.log, "(it crashed here: what it prints and returns is discarded)")
		return ended{}, errors.Join(err, g.lead(image), g.lists(e, true))
	}
	if err := json.Unmarshal(out.Bytes(), &e.rep); err != nil {
		return e, fmt.Errorf("the report is no JSON: %w", err)
	}
	return e, errors.Join(e.rep.balance(), g.lists(e, false))
}

func (g *theatre) app(t *tap, out *bytes.Buffer) *wiring.Env {
	secrets := map[string]string{"COUPA_SFTP_PASSWORD": plantedPassword, "COUPA_CLIENT_SECRET": plantedSecret}
	env := newApp(func(name string) string { return secrets[name] }, strings.NewReader(""), out, &g.log)
	env.Now = g.clock
	env.Seams = wiring.Seams{
		Ledger: func(l wiring.Store) wiring.Store { return &tappedStore{t, l} }, Dial: t.dial,
		Loads:    func(src export.LoadSource) export.LoadSource { return &tappedSource{t, src} },
		Users:    func(u export.Directory) export.Directory { return &tappedUsers{t, u} },
		OneByOne: true,
	}
	return env
}

// work returns the command line of the fate.
func (g *theatre) work() []string {
	args := slices.Clone(g.way.args)
	for i, arg := range args {
		switch {
		case strings.HasSuffix(arg, ".csv"):
			args[i] = g.path(arg)
		case arg == undoneRun:
			args[i] = g.undone
		}
	}
	if g.again {
		args = append(args, "--again")
	}
	return args
}

// copyPrivate copies a ledger as it is, with the modes it must have.
func copyPrivate(to string, from fs.FS) error {
	if err := os.CopyFS(to, from); err != nil {
		return err
	}
	return filepath.WalkDir(to, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return errors.Join(err, os.Chmod(path, 0o600))
	})
}

// afloat reports whether a file is on its way that the far end could treat in one way or another.
func (g *theatre) afloat() bool {
	lying, err := filepath.Glob(filepath.Join(g.twin.Root(), "Incoming", "Users", "Users_*"))
	return err != nil || len(lying) > 0 || slices.ContainsFunc(g.twin.Loads(), func(l twin.Load) bool {
		return l.PickedUp.Add(g.far.delay).After(g.clock())
	})
}

// play plays the fate to its end and compares the result with what the twin has seen.
func (g *theatre) play() error {
	if err := g.prepare(); err != nil {
		return err
	}
	t := &tap{hit: g.hit}
	e, err := g.start(t, g.work()...)
	if err != nil {
		return err
	}
	if len(t.points) <= g.hit.at || t.points[g.hit.at] != g.point {
		return fmt.Errorf("the calls of a start are not those that were counted: %v", t.points)
	}
	if want := g.wantCodes(); !t.dead && !slices.Contains(want, e.code) {
		return fmt.Errorf("the start that was struck ended with %d, want one of %v", e.code, want)
	}
	if g.way.held {
		if err := g.letGo(); err != nil {
			return err
		}
	}
	if err := g.settle(); err != nil {
		return err
	}
	if g.way.keeps {
		if err := g.sendOnTheDay(); err != nil {
			return err
		}
	}
	if g.way.beside {
		if err := g.release(); err != nil {
			return err
		}
	}
	if g.way.api {
		return g.verifyPeople()
	}
	return g.verify()
}

// prepare plays the start before the one that is explored up to its blow.
func (g *theatre) prepare() error {
	if g.way.beside {
		return g.hold()
	}
	if g.way.held {
		return g.holdFirst()
	}
	if g.way.undo {
		return g.runFirst()
	}
	if g.way.waits {
		return g.keepFirst()
	}
	if g.way.before.blow == "" {
		return nil
	}
	t := &tap{hit: g.way.before}
	if _, err := g.start(t, g.work()...); err != nil {
		return err
	}
	if !t.dead || t.points[t.hit.at].name != g.way.call {
		return fmt.Errorf("the start before died at %v, want %s", t.points, g.way.call)
	}
	return nil
}

// wantCodes returns the exit codes that the start with the blow may have.
func (g *theatre) wantCodes() []int {
	call, _, _ := strings.Cut(g.point.name, " ")
	switch kind := g.point.kind; {
	case g.way.api && kind == onWires:
		return []int{export.ExitNotDelivered, export.ExitStalled, export.ExitOK}
	case kind == reading || kind == writing:
		return []int{export.ExitFault}
	case call == "Ask" && g.hit.blow == refused, call == "Check" && g.way.call != "" && g.way.doubt: // sent, and Coupa cannot be asked
		return []int{export.ExitStalled}
	case call == "Check", call == "dial", g.hit.blow == refused:
		return []int{export.ExitNotDelivered}
	case g.way.doubt:
		return []int{export.ExitOK, export.ExitStalled}
	}
	return []int{g.way.ends()} // tried again
}

// ends returns the exit code of a start without a blow.
func (w way) ends() int {
	if w.held {
		return export.ExitHeld
	}
	return export.ExitOK
}

// mostStarts bounds how many starts it takes to settle everything: the blow, what is left, a person's decision, once more.
const mostStarts = 7

// settle starts the program until it says that the feed was seen and nothing is left, with a person's decision where one is
// due.
func (g *theatre) settle() error {
	for g.starts < g.allowed {
		e, err := g.start(&tap{}, g.work()...)
		switch {
		case err != nil:
			return err
		case g.way.undo && e.code == export.ExitUsage: // it was taken back, and is not taken back twice
			return g.goOn()
		case e.code == export.ExitOK && e.rep.Verdict == "seen", g.way.args[0] == "drop" && e.code == export.ExitUsage:
			return nil
		case e.code == export.ExitOK:
			g.again = false
		case (e.code == export.ExitPartial || e.code == export.ExitFailed) && g.again: // rejected by a person's decision
		case e.code == export.ExitStalled && g.way.doubt:
			if err := g.word(); err != nil {
				return err
			}
		default:
			return fmt.Errorf("a start without a blow ended with %d (%s)", e.code, e.rep.Verdict)
		}
	}
	return fmt.Errorf("not settled after %d starts", g.starts)
}

// word plays a person's decision about the parts that wait for one, after a look into Coupa. A torn file in the drop folder
// is removed, as the note says.
func (g *theatre) word() error {
	g.advance(time.Hour)
	g.twin.PickUp()
	open, _, err := g.look()
	if err != nil {
		return err
	}
	for _, p := range open {
		if p.State != export.InDoubt && p.State != export.Stalled {
			continue
		}
		word := "rejected"
		for _, l := range g.twin.Loads() {
			if l.Name == p.Name && l.SHA256 == p.SHA256 {
				word = "applied"
			}
		}
		g.again = g.again || word == "rejected"
		if _, err := g.start(&tap{}, "settle", p.Name, word, "--by", "A. Person", "--json"); err != nil {
			return err
		}
	}
	return nil
}

// look returns the parts that are not final and all parts by name, and checks the sums of every run.
func (g *theatre) look() (open []export.Part, all map[string]export.Part, err error) {
	l, err := sqlite.Open(sqlite.Options{Dir: g.ledger, Now: g.clock})
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	all = map[string]export.Part{}
	runs, err := l.Runs(100)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range runs {
		parts, err := l.Parts(r.ID)
		if err != nil {
			return nil, nil, err
		}
		for _, p := range parts {
			all[p.Name] = p
			if !p.State.Final() {
				open = append(open, p)
			}
		}
		by, err := l.Counts(r.ID)
		if err != nil {
			return nil, nil, err
		}
		if sum := (export.Counts{By: by}).Sum(); sum != r.Input || r.State == export.RunWorking {
			return nil, nil, fmt.Errorf("run %s is %s: %d records in, %v", r.ID, r.State, r.Input, by)
		}
	}
	return open, all, nil
}

// verify compares what the twin has seen and stored with what was to be sent.
func (g *theatre) verify() error {
	open, parts, err := g.look()
	if err != nil {
		return err
	}
	var errs []error
	if len(open) > 0 {
		errs = append(errs, fmt.Errorf("%d parts are open in the end", len(open)))
	}
	for _, p := range parts {
		if g.way.reads && p.State == export.Settled && p.Verdict == export.VerdictOK && p.ReadBack.IsZero() {
			errs = append(errs, fmt.Errorf("%s was not read back", p.Name))
		}
	}
	seen := map[string]bool{}
	torn := map[int64]bool{}
	for _, l := range g.twin.Loads() {
		p, ok := parts[l.Name]
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("the ledger knows nothing of %s, which Coupa has loaded", l.Name))
		case seen[l.Name]:
			errs = append(errs, fmt.Errorf("%s was sent twice", l.Name))
		case l.Torn() || l.SHA256 != p.SHA256:
			torn[l.ID] = true
		}
		seen[l.Name] = true
	}
	if half := g.hit.blow == crashHalf || g.hit.blow == halfWritten; len(torn) > 0 && !(g.way.doubt && half && len(torn) == 1) {
		errs = append(errs, fmt.Errorf("%d files were taken torn", len(torn)))
	}
	return errors.Join(append(errs, g.rows(torn)...)...)
}

// rows checks the rows that the twin has stored: each once, and in the order of the waves. Those of a torn file do not count,
// since a person has allowed that they are sent again.
func (g *theatre) rows(torn map[int64]bool) (errs []error) {
	times, waves, wave := map[string]int{}, waveOf(), 0
	for _, row := range g.twin.Applied() {
		if torn[row.LoadID] {
			continue
		}
		times[row.Key]++
		if n := waves[row.Key]; n < wave && !g.way.doubt {
			errs = append(errs, fmt.Errorf("%s, of wave %d, was stored after wave %d", row.Key, n, wave))
		}
		wave = waves[row.Key]
	}
	for key := range waves {
		if times[key] != 1 {
			errs = append(errs, fmt.Errorf("the row of %s was stored %d times", key, times[key]))
		}
	}
	if len(times) != len(waves) {
		errs = append(errs, fmt.Errorf("%d people were stored, want %d", len(times), len(waves)))
	}
	return errs
}

var firstNight = time.Date(2026, 11, 23, 14, 5, 1, 0, time.UTC)

// TestEveryCrash plays every world: each call of a start, to the ledger or over a wire, with each blow that it may meet,
// and with each thing that the far end may then do.
func TestEveryCrash(t *testing.T) {
	began := time.Now()
	var mu sync.Mutex
	calls, visited, starts := 0, 0, 0
	slots := make(chan struct{}, worldsAtOnce)
	t.Run("ways", func(t *testing.T) {
		for _, w := range ways() {
			t.Run(w.name, func(t *testing.T) {
				t.Parallel()
				all, n := worlds(t, w)
				if len(all) < w.least {
					t.Errorf("%d worlds, and there were %d once: some are lost", len(all), w.least)
				}
				all = every(everyWorld, all)
				played, made := playAll(t, all, slots)
				if played != len(all) {
					t.Errorf("visited %d of %d worlds", played, len(all))
				}
				mu.Lock()
				defer mu.Unlock()
				calls, visited, starts = calls+n, visited+played, starts+made
			})
		}
	})
	t.Logf("visited %d worlds of %d calls, with %d starts in %s", visited, calls, starts, time.Since(began).Round(100*time.Millisecond))
}

func every(n int, all []fate) (some []fate) {
	for i := 0; i < len(all); i += n {
		some = append(some, all[i])
	}
	return some
}

// worlds counts the calls of a start without a blow and returns every world of a way. What the far end does makes worlds
// of its own only while a file is on its way, and only for blows that the far end can tell apart: a disk that is full looks
// like a crash from there. A start that goes on after a crash is explored until it sends the next part: from there it is
// a start like any other.
func worlds(t *testing.T, w way) (all []fate, calls int) {
	t.Helper()
	for i, f := range w.fars {
		s := fate{way: w, far: f}
		if w.call != "" {
			points, _ := count(t, fate{way: way{name: w.name, args: w.args, config: w.config, api: w.api}, far: f})
			s.way.before.at = slices.IndexFunc(points, func(p point) bool { return p.name == w.call })
		}
		points, afloat := count(t, s)
		if w.call != "" {
			if next := slices.IndexFunc(points, func(p point) bool { return p.kind == sending }); next >= 0 {
				points = points[:next]
			}
		}
		calls += len(points)
		for at, p := range points {
			for _, b := range blows[p.kind] {
				local := p.kind == reading || p.kind == writing && b != crashAfter
				if i == 0 || (afloat[at] || afloat[at+1]) && !local {
					s.hit, s.point = hit{at, b}, p
					all = append(all, s)
				}
			}
		}
	}
	return all, calls
}

// count plays a fate without its blow and returns the calls, and whether a file was on its way before each.
func count(t *testing.T, s fate) (points []point, afloat []bool) {
	t.Helper()
	g, err := newTheatre(t.TempDir(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer g.twin.Close()
	if err := g.prepare(); err != nil {
		t.Fatalf("%v\n%s", err, g.log.String())
	}
	n := &tap{seen: func(int) { afloat = append(afloat, g.afloat()) }}
	e, err := g.start(n, g.work()...)
	if err != nil || e.code != s.way.ends() && !s.way.doubt {
		t.Fatalf("%s without a blow: exit %d, %v\n%s", s.way.name, e.code, err, g.log.String())
	}
	return n.points, append(afloat, g.afloat())
}

// worldsAtOnce is how many worlds are played at a time: most of them wait, for a disk or before a second try.
const worldsAtOnce = 24

// playAll plays stories side by side, each in a slot, and returns how many were played to an end, and how many starts that
// took.
func playAll(t *testing.T, all []fate, slots chan struct{}) (played, starts int) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	var mu sync.Mutex
	failed := 0
	for i, s := range all {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			g, err := playOne(filepath.Join(dir, fmt.Sprint(i)), s)
			mu.Lock()
			defer mu.Unlock()
			played++
			starts += g.starts
			if err != nil {
				if failed++; failed <= 3 {
					t.Errorf("%s: %v\n%s", s, err, g.log.String())
				} else {
					t.Errorf("%s: %v", s, err)
				}
			}
		})
	}
	wg.Wait()
	return played, starts
}

// newLedger holds the files of a ledger that a program has opened for the first time, and closed. To open them costs a world
// less than to make them. The start whose calls are counted makes its own, and the calls of the worlds are compared with its
// calls.
var newLedger = sync.OnceValues(func() (files fs.FS, err error) {
	dir, err := os.MkdirTemp("", "ledger")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	l, err := sqlite.Open(sqlite.Options{Dir: dir})
	if err != nil {
		return nil, err
	}
	if err := l.Close(); err != nil {
		return nil, err
	}
	db, err := os.ReadFile(filepath.Join(dir, "ledger.db"))
	return fstest.MapFS{"ledger.db": {Data: db}, "lock": {}, "spool": {Mode: fs.ModeDir}}, err
})

func playOne(dir string, s fate) (g *theatre, err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return &theatre{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if g, err = newTheatre(dir, s); err != nil {
		return &theatre{}, err
	}
	defer func() { err = errors.Join(err, g.twin.Close()) }()
	made, err := newLedger()
	if err == nil {
		err = copyPrivate(g.ledger, made)
	}
	if err != nil {
		return g, err
	}
	return g, g.play()
}
