package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"
)

// view is a command whose result people read, in the order in which they come on the same ledger.
type view struct {
	name   string
	code   int
	config [][2]string // set before
	args   []string
	clock  string // the moment at which it is looked at; "" is now
}

var views = []view{
	{name: "plan", code: 3, args: []string{"plan"}},
	{name: "run", code: 3, args: []string{"run"}},
	{name: "status", code: 0, args: []string{"status"}},
	{name: "status-run", code: 3, args: []string{"status", "latest"}},
	{name: "explain", code: 0, args: []string{"explain", "000102"}},
	{name: "explain-applied", code: 0, args: []string{"explain", "000101"}},
	{name: "plan-held", code: 8, args: []string{"plan", "leavers.csv"}, config: [][2]string{{"limits.deactivations", "{count: 0}"}}},
	{name: "held", code: 8, args: []string{"run", "leavers.csv"}},
	{name: "explain-held", code: 0, args: []string{"explain", "000103"}},
	{name: "drop-typo", code: 3, args: []string{"drop", "typo.csv"}, config: [][2]string{{"limits.creates", "{count: 0}"}}},
	{name: "drop-skip", code: 3, args: []string{"drop", "--skip", "--dry-run", "typo.csv"}},
	{name: "drop", code: 3, args: []string{"drop", "right.csv"}, config: [][2]string{{"preflight", "off"}}},
	{name: "alarm", code: 3, args: []string{"run", "alarm.csv"}, config: [][2]string{{"limits.deactivations", "{count: 20}"}}},
	{name: "back", code: 3, args: []string{"run", "everybody.csv"}, config: [][2]string{{"preflight", "api"}}},
	{name: "undo-plan", code: 0, args: []string{"undo", "latest", "--dry-run"}},
	{name: "undo", code: 0, args: []string{"undo", "latest"}},
	{name: "reconcile", code: 3, args: []string{"reconcile", "everybody.csv"}},
	{name: "repair", code: 3, args: []string{"reconcile", "everybody.csv", "--repair", "-o", "repair.json"}, config: [][2]string{{"reconcile.repair", "{\"*\": hr, Department: ask}"}}},
	{name: "doctor", code: 0, args: []string{"doctor"}},
	{name: "later", code: 0, args: []string{"run", "later.csv"}, config: [][2]string{{"feed.effective", "from"}}},
	{name: "calendar", code: 0, args: []string{"calendar"}, clock: "2098-12-20T12:00:00Z"},
	{name: "calendar-far", code: 0, args: []string{"calendar", "--days", "3"}, clock: "2098-12-20T12:00:00Z"},
	{name: "no-run", code: 2, args: []string{"status", "20000101T000000Z"}},
	{name: "no-person", code: 2, args: []string{"explain", "999999"}},
	{name: "no-option", code: 2, args: []string{"run", "--again-and-again"}},
}

const (
	widthFiles   = "../../testdata/widths"
	widthGoldens = "../../testdata/golden/widths"
)

// sgr is how a colour begins and ends.
var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

// TestWidths looks at each view in terminals of three widths, with colours and without. No line is longer than its terminal is wide,
// unless it is one word, or a command to copy. What colours say is said by words too.
func TestWidths(t *testing.T) {
	t.Parallel()
	for i, width := range []int{60, 80, 140} {
		if i%everyWidth != 0 {
			continue
		}
		for _, colour := range []bool{false, true} {
			name := fmt.Sprint(width)
			if colour {
				name += ".colour"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := newWidthWorld(t)
				for _, v := range views {
					got := w.look(t, v, width, colour)
					for line := range strings.Lines(sgr.ReplaceAllString(got, "")) {
						if line = strings.TrimSuffix(line, "\n"); uniseg.StringWidth(line) > width && !unbreakable(line) {
							t.Errorf("%s: a line of %d in a terminal of %d: %s", v.name, uniseg.StringWidth(line), width, line)
						}
					}
					if !colour && sgr.MatchString(got) {
						t.Errorf("%s: has colours: %q", v.name, got)
					}
					holdGolden(t, filepath.Join(widthGoldens, v.name+"."+name+".txt"), got)
				}
			})
		}
	}
}

// unbreakable reports whether a line is one word, or one command to copy.
func unbreakable(line string) bool {
	line = strings.TrimLeft(line, " ")
	return !strings.Contains(line, " ") || strings.HasPrefix(line, "hr2coupa ")
}

// holdGolden compares a text with a golden file, and with -update writes it.
func holdGolden(t *testing.T, path, got string) {
	t.Helper()
	if *Update {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(got), 0o644)); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(document(t, path), got); d != "" {
		t.Errorf("%s (remake it with -update): %s", path, d)
	}
}

// newWidthWorld returns a world of a few people, in which something is applied, refused, quarantined, held and dropped.
func newWidthWorld(t *testing.T) *world {
	t.Helper()
	w := &world{dir: t.TempDir(), config: defaultConfig()}
	t.Cleanup(w.close)
	if err := os.CopyFS(w.dir, os.DirFS(widthFiles)); err != nil {
		t.Fatal(err)
	}
	for _, set := range [][2]string{{"preflight", "api"}, {"coupa.scopes", "[core.integration.read, core.user.read]"}, {"limits.creates", "{count: 20}"}} {
		w.config.set(set[0], set[1])
	}
	if err := w.start(nil); err != nil {
		t.Fatal(err)
	}
	return w
}

// look returns the code of a view, and what it prints on both outputs, as a terminal would show it.
func (w *world) look(t *testing.T, v view, width int, colour bool) string {
	t.Helper()
	for _, set := range v.config {
		w.config.set(set[0], set[1])
	}
	if err := w.writeConfig(); err != nil {
		t.Fatal(err)
	}
	when := "auto"
	if colour {
		when = "always"
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "hr2coupa", append(v.args, "--color", when, "--log-level", "error")...)
	var out bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = w.dir, &out, &out
	cmd.Env = append(os.Environ(), "COLUMNS="+fmt.Sprint(width), "TZ="+noon(time.Now()), "COUPA_SFTP_PASSWORD="+plantedPassword, "COUPA_CLIENT_SECRET="+plantedSecret)
	if v.clock != "" {
		cmd.Env = append(cmd.Env, "CLOCK="+v.clock)
	}
	code := 0
	if err := cmd.Run(); err != nil {
		ended, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			t.Fatal(err)
		}
		code = ended.ExitCode()
	}
	if code != v.code {
		t.Errorf("%s ends with %d, want %d: %s", v.name, code, v.code, out.String())
	}
	return normal(strings.ReplaceAll(out.String(), w.dir, "$WORK"))
}
