package watch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rejected"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/notify"
)

func TestKindOf(t *testing.T) {
	for kind, names := range map[nameKind][]string{
		feedName:    {"users.csv", "USERS.CSV", "u.tsv", "u.jsonl", "u.ndjson", "u.csv.gz", "u.JSONL.GZ", "result.json.csv", "rejected.csv", "a b.csv", "done.csv"},
		passedName:  {".users.csv", ".hr2coupa", "users.csv.done", "u.csv.tmp", "u.csv.part", "u.csv.filepart", "u.csv.crdownload", "u.csv~", "~$u.csv", "u.csv.result.json", "u.csv.rejected.csv", "u.tsv.rejected.tsv", "u.csv.gz.rejected.csv", "u.jsonl.Rejected.JSONL"},
		strangeName: {"users.xlsx", "notes.txt", "users", "csv", "users.csv.zip", "users.gz", "u.csv.bak", "u.json"},
	} {
		for _, name := range names {
			if got := kindOf(name); got != kind {
				t.Errorf("%s is of kind %d, want %d", name, got, kind)
			}
		}
	}
}

func TestRejectedName(t *testing.T) {
	for feed, want := range map[string]string{
		"u.csv": "u.csv.rejected.csv", "u.CSV.gz": "u.CSV.gz.rejected.csv", "u.tsv": "u.tsv.rejected.tsv", "u.tsv.gz": "u.tsv.gz.rejected.tsv",
		"u.jsonl": "u.jsonl.rejected.jsonl", "u.ndjson.gz": "u.ndjson.gz.rejected.jsonl",
	} {
		got := rejected.Name(feed)
		if got != want {
			t.Errorf("%s becomes %s, want %s", feed, got, want)
		}
		if kindOf(got) != passedName {
			t.Errorf("%s would be taken", got)
		}
	}
}

// TestLooks has one story a case: what each look, a second after the one before, finds, and what it makes ready.
func TestLooks(t *testing.T) {
	at := time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)
	file := func(name string, size int64) glance { return glance{name: name, size: size, changed: at} }
	later := glance{name: "a", size: 1, changed: at.Add(time.Hour)}
	marked := glance{name: "a", size: 1, changed: at, marked: true}
	for _, tt := range []struct {
		name  string
		still time.Duration
		looks [][]glance
		want  []string
	}{
		{"still for long enough", 2 * time.Second, [][]glance{{file("a", 1)}, {file("a", 1)}, {file("a", 1)}}, []string{"", "", "a"}},
		{"not a moment earlier", 2*time.Second + 1, [][]glance{{file("a", 1)}, {file("a", 1)}, {file("a", 1)}, {file("a", 1)}}, []string{"", "", "", "a"}},
		{"grows", 2 * time.Second, [][]glance{{file("a", 1)}, {file("a", 2)}, {file("a", 2)}, {file("a", 2)}}, []string{"", "", "", "a"}},
		{"written again, of the same size", 2 * time.Second, [][]glance{{file("a", 1)}, {later}, {later}, {later}}, []string{"", "", "", "a"}},
		{"shrinks to what it was", 2 * time.Second, [][]glance{{file("a", 1)}, {file("a", 2)}, {file("a", 1)}, {file("a", 1)}}, []string{"", "", "", ""}},
		{"away for a look", 2 * time.Second, [][]glance{{file("a", 1)}, {}, {file("a", 1)}, {file("a", 1)}}, []string{"", "", "", ""}},
		{"a marker", time.Hour, [][]glance{{file("a", 1)}, {marked}}, []string{"", "a"}},
		{"a marker at first sight", time.Hour, [][]glance{{marked}}, []string{"a"}},
		{"no wait asked for", 0, [][]glance{{file("a", 1)}}, []string{"a"}},
		{"each for itself, in the order of names", 2 * time.Second, [][]glance{{file("b", 1), file("a", 1)}, {file("c", 1), file("b", 1), file("a", 1)}, {file("c", 1), file("b", 1), file("a", 1)}, {file("c", 1)}}, []string{"", "", "a b", "c"}},
		{"numbers in the order of numbers", 0, [][]glance{{file("u-10", 1), file("u-9", 1)}}, []string{"u-9 u-10"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := looks{still: tt.still}
			var got []string
			for i, found := range tt.looks {
				ready, open := l.next(at.Add(time.Duration(i)*time.Second), found)
				if len(ready)+len(open) != len(found) {
					t.Fatalf("look %d: %d ready and %d open of %d files", i, len(ready), len(open), len(found))
				}
				var names []string
				for _, g := range ready {
					names = append(names, g.name)
				}
				got = append(got, strings.Join(names, " "))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// nightWatch is a watcher of a real folder, with a main job that only notes when it was started.
type nightWatch struct {
	*watcher
	out     bytes.Buffer
	began   time.Time
	runs    []string // "10s a.csv"
	ends    []error  // of the runs, in order; later runs end well
	notices []string // "5m0s a.csv cannot be claimed …; …", about the folder
}

func newNightWatch(t *testing.T, o Options) *nightWatch {
	log := logrus.New()
	log.SetOutput(io.Discard)
	n := &nightWatch{began: time.Now()}
	env := &wiring.Env{Stdout: terminal.New(&n.out), Now: time.Now, Log: log}
	n.watcher = &watcher{env: env, o: o, folder: &dropFolder{dir: t.TempDir(), owner: "hrledger", now: time.Now}, said: map[string]bool{}, later: map[string]*postponed{}, amiss: map[concern]*amiss{}, apart: map[string]bool{}}
	n.looks.still = o.Still
	n.notify = func(_ context.Context, f *notify.Folder) bool {
		n.notices = append(n.notices, time.Since(n.began).String()+" "+strings.Join(append(f.Facts, f.Hints...), "; "))
		return true
	}
	n.run = func(_ context.Context, path string) (*export.Report, error) {
		n.runs = append(n.runs, time.Since(n.began).String()+" "+filepath.Base(path))
		if len(n.ends) > 0 {
			err := n.ends[0]
			n.ends = n.ends[1:]
			if err != nil {
				return nil, err
			}
		}
		rep := job.EmptyReport("ok", time.Now())
		rep.Run = "20261124T020000Z"
		return rep, nil
	}
	if err := n.folder.prepare(); err != nil {
		t.Fatal(err)
	}
	return n
}

// put writes a file into the folder after a time.
func (n *nightWatch) put(t *testing.T, after time.Duration, name, data string) {
	time.AfterFunc(after, func() {
		if err := os.WriteFile(filepath.Join(n.folder.dir, name), []byte(data), 0o600); err != nil {
			t.Error(err)
		}
	})
}

// through watches for a time, and then asks the watcher to stop.
func (n *nightWatch) through(t *testing.T, d time.Duration) {
	ctx, leave := context.WithTimeout(t.Context(), d)
	defer leave()
	if err := n.watch(ctx); !errors.Is(err, errLeave) {
		t.Errorf("the watch ended with %v", err)
	}
}

func (n *nightWatch) want(t *testing.T, runs ...string) {
	t.Helper()
	if diff := cmp.Diff(runs, n.runs); diff != "" {
		t.Error(diff)
	}
}

func TestWatchWaits(t *testing.T) {
	o := Options{Still: 10 * time.Second, Poll: 2 * time.Second, Retry: time.Minute}
	locked := &export.LockedError{Holder: "a cron run"}
	down := &export.NotDeliveredError{What: export.Unreachable, Msg: "no connection"}
	for _, tt := range []struct {
		name  string
		files map[time.Duration]string // what is written to a file, and when
		ends  []error
		want  []string
		left  []string
	}{
		{"until a file is still", map[time.Duration]string{1 * time.Second: "a.csv:x", 5 * time.Second: "a.csv:xx"}, nil, []string{"16s a.csv"}, nil},
		{"not longer where a marker is", map[time.Duration]string{1 * time.Second: "a.csv:x", 5 * time.Second: "a.csv.done:"}, nil, []string{"6s a.csv"}, nil},
		{"for the lock, in growing pauses", map[time.Duration]string{1 * time.Second: "a.csv:x"}, []error{locked, locked, locked, locked, locked, locked}, []string{"12s a.csv", "14s a.csv", "18s a.csv", "26s a.csv", "42s a.csv", "1m12s a.csv", "1m42s a.csv"}, nil},
		{"to try again, with what came later behind it", map[time.Duration]string{1 * time.Second: "b.csv:x", 21 * time.Second: "a.csv:x"}, []error{down, down, nil}, []string{"12s b.csv", "1m12s b.csv", "3m12s b.csv", "3m22s a.csv"}, nil},
		{"at most twelve pauses' length", map[time.Duration]string{1 * time.Second: "a.csv:x"}, []error{down, down, down, down, down, down, down}, []string{"12s a.csv", "1m12s a.csv", "3m12s a.csv", "7m12s a.csv", "15m12s a.csv", "27m12s a.csv", "39m12s a.csv", "51m12s a.csv"}, nil},
		{"but not for a file that is no feed", map[time.Duration]string{1 * time.Second: "a.csv:x", 1500 * time.Millisecond: "b.csv:x"}, []error{&export.UnusableFeedError{Why: "empty"}, nil}, []string{"12s a.csv", "12s b.csv"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNightWatch(t, o)
				n.ends = tt.ends
				for after, file := range tt.files {
					name, data, _ := strings.Cut(file, ":")
					n.put(t, after, name, data)
				}
				n.through(t, time.Hour)
				n.want(t, tt.want...)
				if mine, _, err := n.folder.claims(); err != nil || len(mine) > 0 {
					t.Errorf("left claimed: %v (%v)", mine, err)
				}
			})
		})
	}
}

// TestWatchWithoutVerdict: a file that Coupa has and has no verdict for is asked about in growing pauses, and no other file
// waits for it.
func TestWatchWithoutVerdict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNightWatch(t, Options{Still: 10 * time.Second, Poll: 2 * time.Second, Retry: time.Minute})
		ends, open := n.run, 3
		n.run = func(ctx context.Context, path string) (*export.Report, error) {
			rep, err := ends(ctx, path)
			if filepath.Base(path) == "a.csv" && open > 0 {
				open--
				rep.Exit, rep.Parts = export.ExitStalled, []export.Part{{State: export.Settled}, {State: export.Stalled}}
			}
			return rep, err
		}
		n.put(t, time.Second, "a.csv", "x")
		n.put(t, 21*time.Second, "b.csv", "x")
		n.put(t, 2*time.Minute+time.Second, "c.csv", "x")
		n.through(t, time.Hour)
		n.want(t, "12s a.csv", "32s b.csv", "1m12s a.csv", "2m12s c.csv", "3m12s a.csv", "7m12s a.csv")
		if mine, _, err := n.folder.claims(); err != nil || len(mine) > 0 {
			t.Errorf("left claimed: %v (%v)", mine, err)
		}
	})
}

// TestWatchOnce waits until the files are still, and not for a file that is still being written.
func TestWatchOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNightWatch(t, Options{Still: 10 * time.Second, Poll: 2 * time.Second, Retry: time.Minute, Once: true})
		n.ends = []error{&export.UnusableFeedError{Why: "empty"}, nil}
		for _, name := range []string{"a.csv", "b.csv", "growing.csv"} {
			n.put(t, 0, name, "x")
		}
		time.Sleep(time.Second)
		for i := range 20 {
			n.put(t, time.Duration(i)*time.Second, "growing.csv", strings.Repeat("x", i+2))
		}
		if err := n.watch(t.Context()); err != nil {
			t.Fatal(err)
		}
		n.want(t, "11s a.csv", "11s b.csv")
		if export.WorstExit(n.codes...) != export.ExitFeed {
			t.Errorf("ends with %d, want that of the worst file", export.WorstExit(n.codes...))
		}
		time.Sleep(time.Minute) // the last write to the file that grows
	})
}

// TestWatchOnceAfterClaim: a claim that a killed start left may take its time, and takes none from the files beside it.
func TestWatchOnceAfterClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNightWatch(t, Options{Still: 10 * time.Second, Poll: 2 * time.Second, Retry: time.Minute, Once: true})
		ends := n.run
		n.run = func(ctx context.Context, path string) (*export.Report, error) {
			rep, err := ends(ctx, path)
			time.Sleep(time.Minute)
			return rep, err
		}
		for _, name := range []string{"a.csv", "b.csv"} {
			if err := os.WriteFile(filepath.Join(n.folder.dir, name), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, won, err := n.folder.claim(glance{name: "a.csv"}); !won || err != nil {
			t.Fatalf("claimed: %v (%v)", won, err)
		}
		if err := n.watch(t.Context()); err != nil {
			t.Fatal(err)
		}
		n.want(t, "0s a.csv", "1m10s b.csv")
	})
}

// TestClaim: of many watchers that claim one file one gets it, and no marker is left for the next file of that name.
func TestClaim(t *testing.T) {
	d := &dropFolder{dir: t.TempDir(), owner: "hrledger", now: func() time.Time { return time.Date(2026, 11, 23, 14, 5, 1, 0, time.UTC) }}
	if err := d.prepare(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.csv", "a.csv.done"} {
		if err := os.WriteFile(filepath.Join(d.dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	g := glance{name: "a.csv", marked: true}
	won := make(chan bool)
	const watchers = 8
	for range watchers {
		go func() {
			_, ok, err := d.claim(g)
			if err != nil {
				t.Error(err)
			}
			won <- ok
		}()
	}
	n := 0
	for range watchers {
		if <-won {
			n++
		}
	}
	mine, others, err := d.claims()
	if err != nil || n != 1 || len(mine) != 1 || others != 0 {
		t.Errorf("%d watchers have it; claimed: %v, %d by others (%v)", n, mine, others, err)
	}
	left, err := os.ReadDir(d.dir)
	if err != nil || slices.ContainsFunc(left, func(e os.DirEntry) bool { return e.Name() != ".hr2coupa" }) {
		t.Errorf("left in the folder: %v (%v)", left, err)
	}
}

// TestWrittenWhileClaimed: a program that writes to a file that was just claimed has time to finish.
func TestWrittenWhileClaimed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNightWatch(t, Options{Still: 10 * time.Second, Poll: 2 * time.Second, Retry: time.Minute})
		path := filepath.Join(n.folder.dir, "a.csv")
		if err := os.WriteFile(path, []byte("xx"), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(5*time.Second, func() {
			_, err := f.WriteString("x")
			if err := errors.Join(err, f.Close()); err != nil {
				t.Error(err)
			}
		})
		if stuck, err := n.take(t.Context(), glance{name: "a.csv", size: 1}); stuck || err != nil {
			t.Errorf("stuck %v, %v", stuck, err)
		}
		n.want(t, "16s a.csv")
	})
}

// TestWatchAmiss: a lasting fault of a file is logged once, not at each look, and so is its end. Other files go on.
func TestWatchAmiss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNightWatch(t, Options{Poll: time.Minute, Retry: 5 * time.Minute})
		if err := os.Symlink("/etc/passwd", filepath.Join(n.folder.dir, "a.csv")); err != nil {
			t.Fatal(err)
		}
		n.put(t, time.Second, "b.csv", "x")
		time.AfterFunc(30*time.Hour+time.Second, func() {
			if err := os.Remove(filepath.Join(n.folder.dir, "a.csv")); err != nil {
				t.Error(err)
			}
		})
		n.through(t, 40*time.Hour)
		n.want(t, "1m0s b.csv")
		const link = " a.csv is not taken: it is not a regular file, and links are not followed; put the file itself there"
		if diff := cmp.Diff([]string{"5m0s" + link, "24h5m0s" + link, "30h1m0s "}, n.notices); diff != "" {
			t.Error(diff)
		}
	})
}

// TestWatchBusy: no notice reports what passes in time.
func TestWatchBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNightWatch(t, Options{Still: 10 * time.Second, Poll: 2 * time.Second, Retry: time.Minute})
		away := n.folder.dir + ".away"
		for after, move := range map[time.Duration][2]string{0: {n.folder.dir, away}, 50 * time.Second: {away, n.folder.dir}} {
			time.AfterFunc(after, func() {
				if err := os.Rename(move[0], move[1]); err != nil {
					t.Error(err)
				}
			})
		}
		n.put(t, 55*time.Second, "a.csv", "x")
		n.through(t, time.Hour)
		n.want(t, "1m6s a.csv")
		if len(n.notices) > 0 {
			t.Errorf("told: %q", n.notices)
		}
	})
}

// TestWatchCannotPutAway: finished files that cannot be put away make no other file wait, and are put away as soon as that
// can be done.
func TestWatchCannotPutAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNightWatch(t, Options{Poll: 2 * time.Second, Retry: time.Minute})
		ends := n.run
		n.run = func(ctx context.Context, path string) (*export.Report, error) {
			if time.Since(n.began) < 10*time.Second { // something is in the place where the claim is to go
				dir := n.folder.own("done", claimOf(path))
				if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "x"), nil, 0o600)); err != nil {
					t.Error(err)
				}
				time.AfterFunc(90*time.Second, func() {
					if err := os.RemoveAll(dir); err != nil {
						t.Error(err)
					}
				})
			}
			return ends(ctx, path)
		}
		n.put(t, time.Second, "a.csv", "x")
		n.put(t, 5*time.Second, "b.csv", "x")
		n.through(t, time.Hour)
		n.want(t, "2s a.csv", "6s b.csv", "1m2s a.csv", "1m6s b.csv", "3m2s a.csv", "3m6s b.csv")
		if mine, _, err := n.folder.claims(); err != nil || len(mine) > 0 {
			t.Errorf("left claimed: %v (%v)", mine, err)
		}
		if len(n.notices) != 3 || !strings.Contains(n.notices[0], "1m2s a.csv was taken, but its results cannot be written or it cannot be moved") || n.notices[2] != "3m6s " {
			t.Errorf("told: %q", n.notices)
		}
	})
}

// TestNoClaims: if no file can be claimed, none is set aside, and the watcher looks again.
func TestNoClaims(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNightWatch(t, Options{Poll: 2 * time.Second, Retry: time.Minute})
		done := n.folder.own("done")
		if err := errors.Join(os.Remove(done), os.WriteFile(done, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		n.put(t, time.Second, "a.csv", "x")
		time.AfterFunc(90*time.Second+1, func() {
			if err := errors.Join(os.Remove(done), os.Mkdir(done, 0o700)); err != nil {
				t.Error(err)
			}
		})
		n.through(t, time.Hour)
		n.want(t, "1m32s a.csv")
		if len(n.notices) != 2 || !strings.HasPrefix(n.notices[0], "1m2s no file can be claimed: ") || n.notices[1] != "1m32s " {
			t.Errorf("told: %q", n.notices)
		}
	})
}

// TestAnotherWatcher: a claim that a watcher with the same ledger has finished meanwhile is no longer ours.
func TestAnotherWatcher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNightWatch(t, Options{Poll: 2 * time.Second, Retry: time.Minute})
		n.ends = []error{&export.LockedError{Holder: "the other"}}
		n.put(t, 0, "a.csv", "x")
		time.AfterFunc(time.Second, func() {
			mine, _, err := n.folder.claims()
			if err != nil || len(mine) != 1 {
				t.Errorf("claimed: %v (%v)", mine, err)
				return
			}
			if err := n.folder.finish(mine[0]); err != nil {
				t.Error(err)
			}
		})
		n.put(t, 5*time.Second, "b.csv", "x")
		time.Sleep(time.Millisecond)
		n.through(t, time.Hour)
		n.want(t, "1ms a.csv", "6.001s b.csv") // at the next look: nothing is tried again
		if wiring.Exists(filepath.Join(n.folder.dir, "a.csv"+resultEnding)) || strings.Contains(n.out.String(), "a.csv") {
			t.Errorf("it has a result of this watcher, too: %s", n.out.String())
		}
	})
}

// TestLinkForFeed: a link that is put in the place of a claimed feed is not followed.
func TestLinkForFeed(t *testing.T) {
	n := newNightWatch(t, Options{Retry: time.Minute, Poll: time.Second})
	c := claim{id: "20261124T020000.000000Z-hrledger", name: "a.csv"}
	if err := os.Mkdir(n.folder.claimed(c.id), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", n.folder.path(c)); err != nil {
		t.Fatal(err)
	}
	if stuck, err := n.work(t.Context(), c); stuck || err != nil || len(n.runs) > 0 {
		t.Errorf("stuck %v, %v, runs %v", stuck, err, n.runs)
	}
	if !strings.Contains(n.out.String(), "a.csv: feed unusable (9)") {
		t.Errorf("printed %q", n.out.String())
	}
}

func TestOwner(t *testing.T) {
	dir := t.TempDir()
	first, err := ownerOf(dir, func() string { return "ABCDEFGHIJ" })
	if err != nil || first != "abcdefgh" {
		t.Fatalf("%q (%v)", first, err)
	}
	if again, err := ownerOf(dir, func() string { return "ZZZZZZZZ" }); err != nil || again != first {
		t.Errorf("a restart has another name: %q (%v)", again, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "watch.id"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ownerOf(dir, func() string { return "ZZZZZZZZ" }); err == nil {
		t.Error("an empty name was taken")
	}
}
