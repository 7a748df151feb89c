package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/rejected"
	"github.com/hr2coupa/hr2coupa/cmd/internal/watch"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite"
)

// chaosMode is a part of the program that is killed.
type chaosMode struct {
	name   string
	play   func() play
	lanes  [][][2]string // a config each
	states int           // how many states a hundred kills must meet
}

// play is what happens in the nights of a lane.
type play interface {
	prepare(*lane) error                     // writes what a night is about
	steps(*lane) []turn                      // the commands of a night
	met(*lane, turn) (state string, _ error) // what a kill has met; idle for nothing
	hold(*lane) error                        // the rules that hold after a night
}

// turn is one command, which is repeated until it is done.
type turn struct {
	args  []string
	calm  bool  // it is not killed
	codes []int // the exit codes of an undisturbed start
}

// name distinguishes commands of different lengths.
func (s turn) name() string { return strings.Join(s.args[:min(2, len(s.args))], " ") }

func chaosModes() []chaosMode {
	byAPI := [][2]string{{"route", "api"}, {"coupa.scopes", "[core.integration.read, core.user.read, core.user.write]"}}
	care := [][2]string{{"retention", "{parts: 1ms, values: 1ms, history: 1y}"}}
	return []chaosMode{
		{"main", func() play { return nightJob{} }, [][][2]string{
			nil, {{"sftp.staging", "/"}}, {{"load.via", "[page]"}, {"coupa.page_cookie", "{env: COUPA_PAGE_COOKIE}"}},
		}, 6},
		{"api", func() play { return apiRoad{} }, [][][2]string{byAPI, byAPI}, 1},
		{"drop", func() play { return dropped{} }, [][][2]string{nil, nil}, 1},
		{"watch", func() play { return watched{} }, [][][2]string{nil, nil}, 1},
		{"ledger", func() play { return caredFor{} }, [][][2]string{care, care}, 1},
	}
}

// sound checks that nothing is wrong in a ledger.
func sound(dir string) error {
	c, err := sqlite.Check(sqlite.Options{Dir: dir, Now: time.Now})
	if err == nil && len(c.Findings) > 0 {
		err = fmt.Errorf("%s is not sound: %v", dir, c.Findings)
	}
	return err
}

// nightJob is the main job: each row is stored once, no file is sent twice, and none is torn.
type nightJob struct{}

func (nightJob) prepare(l *lane) error { return l.feed() }
func (nightJob) steps(*lane) []turn {
	return []turn{{args: []string{"run"}, codes: []int{export.ExitPartial}}} // for the record that is held back
}
func (nightJob) met(l *lane, _ turn) (string, error) { return l.reached() }
func (nightJob) hold(l *lane) error                  { return l.hold() }

// feed is a night of three waves in five parts: new people, some with a new approver, one who leaves, and one record
// that is held back.
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

// apiRoad is the same nights by API: each person is created once and changed once, however often the program asks.
type apiRoad struct{ nightJob }

func (apiRoad) hold(l *lane) error {
	if err := l.settled(); err != nil {
		return err
	}
	made, changed := 0, 0
	for _, c := range l.twin.Calls() {
		switch {
		case !strings.HasPrefix(c.Path, "/api/users"):
		case c.Method == http.MethodPost:
			made++
		case c.Method == http.MethodPut:
			changed++
		}
	}
	if people, gone := 6*l.night, l.night-1; made != people || changed != gone {
		return fmt.Errorf("%d people were made and %d changed, want %d and %d", made, changed, people, gone)
	}
	for n := 1; n <= l.night; n++ {
		for i := range 6 {
			login := fmt.Sprintf("u%d-%d", n, i)
			u, ok := l.twin.User(login)
			if want := fmt.Sprint(i != 1 || n == l.night); !ok || u.Text("active") != want {
				return fmt.Errorf("%s is there %v, active %s, want %s", login, ok, u.Text("active"), want)
			}
		}
	}
	return nil
}

// dropped is two ready files by hand, and the same command again after a kill: it may say that all was dropped before.
type dropped struct{ nightJob }

func (dropped) prepare(l *lane) error {
	for i, name := range []string{"a.csv", "b.csv"} {
		text := "Employee Number,Login,Email,First Name,Last Name\n"
		for n := range 2 {
			key := fmt.Sprintf("%d-%d", l.night, 2*i+n)
			text += fmt.Sprintf("E%s,u%s,u%s@example.com,First,Last\n", key, key, key)
			l.due["E"+key]++
		}
		if err := os.WriteFile(filepath.Join(l.dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (dropped) steps(*lane) []turn {
	return []turn{{args: []string{"drop", "a.csv", "b.csv"}, codes: []int{export.ExitOK, export.ExitUsage}}}
}

// watched is three files in a drop folder: each is stored once, answered beside it, and in done once.
type watched struct{}

func (watched) names(night int) (names []string) {
	for _, part := range []string{"a", "b", "c"} {
		names = append(names, fmt.Sprintf("%s%d.csv", part, night))
	}
	return names
}

// prepare cuts the night's feed in three: the second has the people who wait for the first's, the third a record that is held
// back.
func (w watched) prepare(l *lane) error {
	if err := l.feed(); err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(l.dir, "feed.csv"))
	if err != nil {
		return err
	}
	lines := strings.SplitAfter(string(data), "\n")
	for i, name := range w.names(l.night) {
		some := lines[1+3*i : min(4+3*i, len(lines))]
		if err := os.WriteFile(filepath.Join(l.dir, "drop", name), []byte(lines[0]+strings.Join(some, "")), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (watched) steps(*lane) []turn {
	args := []string{"watch", "drop", "--once", "--still", "0s", "--poll", "10ms", "--retry", "20ms"}
	return []turn{{args: args, codes: []int{export.ExitOK, export.ExitPartial}}} // an earlier start may have met the record
}

// met also recognises a claim without a plan.
func (watched) met(l *lane, _ turn) (string, error) {
	state, err := l.reached()
	if claims, _ := filepath.Glob(filepath.Join(l.dir, "drop", ".hr2coupa", "claimed", "*", "*.csv")); state == idle && len(claims) > 0 {
		state = "claimed"
	}
	return state, err
}

func (w watched) hold(l *lane) error {
	if err := l.hold(); err != nil {
		return err
	}
	folder := filepath.Join(l.dir, "drop")
	claimed, err := os.ReadDir(filepath.Join(folder, ".hr2coupa", "claimed"))
	if err != nil || len(claimed) > 0 {
		return errors.Join(err, fmt.Errorf("%d files are claimed in the end", len(claimed)))
	}
	for _, name := range w.names(l.night) {
		done, err := filepath.Glob(filepath.Join(folder, ".hr2coupa", "done", "*", name))
		if err != nil || len(done) != 1 || wiring.Exists(filepath.Join(folder, name)) {
			return errors.Join(err, fmt.Errorf("%s is in done %d times, and still in the folder: %v", name, len(done), wiring.Exists(filepath.Join(folder, name))))
		}
		data, err := os.ReadFile(filepath.Join(folder, watch.ResultName(name)))
		if err != nil {
			return err
		}
		var res struct{ Exit int }
		if err := json.Unmarshal(data, &res); err != nil {
			return err
		}
		last := strings.HasPrefix(name, "c")
		if last != wiring.Exists(filepath.Join(folder, rejected.Name(name))) || last != (res.Exit == export.ExitPartial) {
			return fmt.Errorf("%s is answered with %d", name, res.Exit)
		}
	}
	return nil
}

// caredFor is a night and the care for its ledger afterwards: the ledger is sound after each kill, a backup is whole or
// absent, and a person who was forgotten is nowhere in it.
type caredFor struct{}

func (caredFor) backup(l *lane) string { return filepath.Join(l.dir, "backups", fmt.Sprint(l.night)) }
func (caredFor) gone(l *lane) string   { return fmt.Sprintf("%d-2", l.night) }

func (caredFor) prepare(l *lane) error { return l.feed() }

func (c caredFor) steps(l *lane) []turn {
	return []turn{
		{args: []string{"run"}, calm: true, codes: []int{export.ExitPartial}},
		{args: []string{"ledger", "backup", c.backup(l)}, codes: []int{export.ExitOK, export.ExitUsage}},     // it exists already
		{args: []string{"ledger", "forget", "E" + c.gone(l)}, codes: []int{export.ExitOK, export.ExitUsage}}, // no person has that key any more
		{args: []string{"ledger", "prune"}, codes: []int{export.ExitOK}},
	}
}

// met recognises a backup at work by the files it leaves, and the others by their line in the lock.
func (c caredFor) met(l *lane, s turn) (string, error) {
	dir := filepath.Join(l.dir, "ledger")
	if err := sound(dir); err != nil {
		return "", err
	}
	half, err := filepath.Glob(c.backup(l) + ".partial-*")
	if err != nil {
		return "", err
	}
	for _, path := range half {
		err = errors.Join(err, os.RemoveAll(path))
	}
	if wiring.Exists(c.backup(l)) {
		err = errors.Join(err, sound(c.backup(l)))
	}
	holder, failed := os.ReadFile(filepath.Join(dir, "lock"))
	if len(half) > 0 || bytes.Contains(holder, []byte(strings.Join(s.args[:2], " "))) {
		return s.args[1], errors.Join(err, failed)
	}
	return idle, errors.Join(err, failed)
}

func (c caredFor) hold(l *lane) error {
	if err := l.hold(); err != nil {
		return err
	}
	if err := sound(c.backup(l)); err != nil {
		return err
	}
	return filepath.WalkDir(filepath.Join(l.dir, "ledger"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, letter := range []string{"E", "u"} {
			if bytes.Contains(data, []byte(letter+c.gone(l))) {
				return fmt.Errorf("%s still names who was forgotten", path)
			}
		}
		return err
	})
}
