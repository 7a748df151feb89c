package prospect

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite"
)

// rollKeys are the people of the law, by their index; the ledger does not know the last one, and the one before is inactive.
const rollKeys, rollShrink = 9, 40

// night is one snapshot, as it is delivered and as it is planned.
type night struct {
	day     int
	present [rollKeys]bool
	aside   [rollKeys]bool // of them, those whom feed.where excludes
	damaged bool           // a record has no key
	held    bool           // a limit holds the run
	where   bool           // the config says whom the feed is about
}

func (n *night) records() (r int) {
	for _, here := range n.present {
		if here {
			r++
		}
	}
	if n.damaged {
		r++
	}
	return r
}

// counts reports, by the nights before, whether whoever is missing in the last of some nights counts as missing, and whether the count
// begins anew there.
func counts(nights []night) (yes, anew bool) {
	n := &nights[len(nights)-1]
	if n.damaged || n.records() == 0 {
		return false, false
	}
	var last *night // that was not held
	for i := len(nights) - 2; i >= 0; i-- {
		if before := nights[:i+1]; !nights[i].held {
			if last == nil {
				last = &nights[i]
			}
			if yes, _ := counts(before); yes {
				if nights[i].where != n.where {
					return true, true
				}
				return float64(n.records()) >= float64(last.records())*(1-rollShrink/100.0), false
			}
		}
	}
	return true, false // there is none that counts
}

// model returns who is gone in the last of some nights: whom an earlier night had, since the count began anew, and who is missing in the
// last so many nights that count, of which the first is so many days ago.
func model(nights []night, snapshots, days int) (missing, due []string) {
	now := len(nights) - 1
	yes, anew := counts(nights)
	for p := range rollKeys - 2 {
		last, missed, first := -1, 0, 0
		for i := range nights {
			n, renewed := false, false
			if i == now || !nights[i].held {
				n, renewed = counts(nights[:i+1])
			}
			switch {
			case nights[i].present[p]:
				last, missed = i, 0
			case last < 0:
			case n && renewed && i != now:
				last, missed = -1, 0 // a member no more
			case n:
				if missed++; missed == 1 {
					first = nights[i].day
				}
			}
		}
		if last < 0 || last == now {
			continue
		}
		missing = append(missing, rollKey(p))
		if yes && !anew && missed >= snapshots && nights[now].day-first >= days {
			due = append(due, rollKey(p))
		}
	}
	return missing, due
}

func rollKey(p int) string { return fmt.Sprintf("E%02d", p) }

// TestWhoIsGone draws nights of snapshots in which people come, go and come back, with damaged, shrunken, empty and held ones, and a
// config that changes: in each, exactly those are gone whom a plain look at all nights says.
func TestWhoIsGone(t *testing.T) {
	dir := t.TempDir()
	var pipes [2]*wiring.Pipeline
	for i, where := range []string{"", "\n  where: kind != \"aside\""} {
		path := filepath.Join(dir, fmt.Sprintf("%d.yaml", i))
		text := "instance: https://acme-test.coupahost.com\nlimits: {shrink: {percent: 40}}\nfeed:\n  files: [a-*.csv]\n  key: id\n  kind: snapshot" + where +
			"\nmapping: {columns: {Login: login, Email: mail, First Name: first, Last Name: last, Employee Number: id, Status: '\"active\"'}}\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		pipe, faults := wiring.PipelineFaults(t.Context(), &wiring.Env{ConfigFile: path, Getenv: func(string) string { return "" }}, config.Options{})
		if err := wiring.ConfigError(faults); err != nil {
			t.Fatal(err)
		}
		pipes[i] = pipe
	}
	people := baseline.NewKnownPeople(rollKeys)
	for p := range rollKeys - 1 {
		status := export.StatusActive
		if p == rollKeys-2 {
			status = export.StatusInactive
		}
		people.Add(rollKey(p), export.Person{Login: rollKey(p), Status: status})
	}
	world, sawDue, sawBack := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		world++
		l, err := sqlite.Open(sqlite.Options{Dir: filepath.Join(dir, fmt.Sprint("ledger", world))})
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(filepath.Join(dir, fmt.Sprint("ledger", world)))
		defer l.Close()
		snapshots, days := rapid.IntRange(1, 3).Draw(t, "snapshots"), rapid.IntRange(0, 4).Draw(t, "days")
		var nights []night
		day := 0
		for range rapid.IntRange(1, 14).Draw(t, "nights") {
			day += rapid.IntRange(0, 3).Draw(t, "days later")
			one := drawNight(t, nights, day)
			nights = append(nights, one)
			i := 0
			if one.where {
				i = 1
			}
			pipe := pipes[i]
			pipe.Config.Feed.Gone = config.Gone{Deactivate: true, Snapshots: snapshots, Days: days}
			got := callNight(t, dir, l, &draft{ask: &Ask{Pipe: pipe, Started: time.Date(2026, 11, 1+day, 3, len(nights), 0, 0, time.UTC)}, out: &Outlook{People: people}}, &one)
			missing, due := model(nights, snapshots, days)
			var gone []string
			for _, a := range got.due {
				gone = append(gone, a.Key)
			}
			slices.Sort(gone)
			count := 0
			if got.Gone != nil {
				count = got.Gone.Missing
			}
			if !slices.Equal(gone, due) || count != len(missing) {
				t.Fatalf("after %d snapshots and %d days, %+v:\ngone %v, missing %d; want %v, %v", snapshots, days, nights, gone, count, due, missing)
			}
			if len(due) > 0 {
				sawDue++
			}
			if len(got.Call.Back) > 0 {
				sawBack++
			}
		}
		if checked, err := sqlite.Check(sqlite.Options{Dir: filepath.Join(dir, fmt.Sprint("ledger", world))}); err != nil || len(checked.Findings) > 0 {
			t.Fatalf("the ledger: %v, %v", checked, err)
		}
	})
	if sawDue < 10 || sawBack < 10 {
		t.Errorf("%d nights had people who are gone, and in %d people came back: nothing was tested", sawDue, sawBack)
	}
}

// drawNight draws a night after others. Most people do what they did the night before.
func drawNight(t *rapid.T, before []night, day int) night {
	n := night{day: day, where: rapid.IntRange(0, 9).Draw(t, "where") == 0}
	if len(before) > 0 && rapid.IntRange(0, 4).Draw(t, "config stays") > 0 {
		n.where = before[len(before)-1].where
	}
	n.damaged, n.held = rapid.IntRange(0, 7).Draw(t, "damaged") == 0, rapid.IntRange(0, 7).Draw(t, "held") == 0
	for p := range n.present {
		n.present[p] = len(before) == 0 || before[len(before)-1].present[p] != (rapid.IntRange(0, 5).Draw(t, "moves") == 0)
		n.aside[p] = rapid.IntRange(0, 5).Draw(t, "aside") == 0
	}
	if rapid.IntRange(0, 15).Draw(t, "empty") == 0 {
		n.present = [rollKeys]bool{}
	}
	return n
}

// callNight calls the roll of a night from its file, and records it.
func callNight(t *rapid.T, dir string, l *sqlite.Ledger, d *draft, n *night) *Roll {
	var b strings.Builder
	b.WriteString("id,login,mail,first,last,kind\n")
	for p, here := range n.present {
		if here {
			kind := ""
			if n.aside[p] {
				kind = "aside"
			}
			fmt.Fprintf(&b, "%[1]s,%[1]s,%[1]s@example.com,Ann,Archer,%[2]s\n", rollKey(p), kind)
		}
	}
	if n.damaged {
		b.WriteString(",x,x@example.com,Ann,Archer,\n")
	}
	path := filepath.Join(dir, fmt.Sprintf("a-%d.csv", d.ask.Started.Unix()))
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	fresh, err := d.ask.Pipe.OpenAnyAge([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	d.fresh = fresh
	before, err := l.Roll()
	if err != nil {
		t.Fatal(err)
	}
	roll, err := d.callRoll(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	run, err := l.BeginRun(export.RunRecord{Command: "run", Started: d.ask.Started})
	if err != nil {
		t.Fatal(err)
	}
	tx, err := l.Plan(run.ID)
	if err != nil {
		t.Fatal(err)
	}
	sum := export.PlanSum{Roll: roll.Recorded()}
	if n.held {
		sum.Held = []export.Breach{{Limit: export.DeactivationsLimit, Has: 1}}
	}
	if err := tx.Commit(sum); err != nil {
		t.Fatal(err)
	}
	return roll
}
