package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// output runs the program and returns what it printed.
func output(t *testing.T, args ...string) string {
	t.Helper()
	var out, stderr bytes.Buffer
	if code := Main(context.Background(), args, func(string) string { return "" }, strings.NewReader(""), &out, &stderr); code != 0 {
		t.Fatalf("%v ended with %d: %s", args, code, stderr.String())
	}
	return out.String()
}

func document(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestTwinDocs compares the page about the twin with what the program prints: what is documented and what is assumed.
func TestTwinDocs(t *testing.T) {
	if want := output(t, "twin", "--switches"); !strings.Contains(document(t, "../../docs/twin.md"), "```\n"+want+"```\n") {
		t.Error("docs/twin.md does not hold what hr2coupa twin --switches prints; copy it there again")
	}
	if want := output(t, "twin", "--personalities"); !strings.Contains(document(t, "../../docs/twin.md"), "```\n"+want+"```\n") {
		t.Error("docs/twin.md does not hold what hr2coupa twin --personalities prints; copy it there again")
	}
}

// TestWhatHappens checks that every "What happens when…" of the README names the tests that show it.
func TestWhatHappens(t *testing.T) {
	_, section, _ := strings.Cut(document(t, "../../README.md"), "## What happens when…")
	section, _, _ = strings.Cut(section, "\n## ")
	var tests strings.Builder
	for _, glob := range []string{"*_test.go", "../../export/ledger/*_test.go", "../../export/ledger/sqlite/*_test.go"} {
		paths, err := filepath.Glob(glob)
		if err != nil || len(paths) == 0 {
			t.Fatalf("no tests in %s (%v)", glob, err)
		}
		for _, path := range paths {
			tests.WriteString(document(t, path))
		}
	}
	lines := 0
	for line := range strings.Lines(section) {
		said, named, ok := strings.Cut(line, "<!--")
		if !strings.HasPrefix(line, "- ") {
			continue
		}
		lines++
		names := strings.Fields(strings.TrimSuffix(strings.TrimSpace(named), "-->"))
		if !ok || len(names) == 0 {
			t.Errorf("no test says this: %s", said)
		}
		for _, name := range names {
			if strings.HasSuffix(name, ".txtar") {
				document(t, filepath.Join("../../testdata/script", name))
			} else if !strings.Contains(tests.String(), "func "+name+"(t *testing.T)") {
				t.Errorf("there is no test %s, which is to say: %s", name, said)
			}
		}
	}
	if lines < 12 {
		t.Errorf("only %d lines", lines)
	}
}

// TestReadme keeps the README short and its lists whole.
func TestReadme(t *testing.T) {
	readme := document(t, "../../README.md")
	if n := strings.Count(readme, "\n"); n > 150 {
		t.Errorf("%d lines, at most 150", n)
	}
	screen := strings.Join(strings.SplitN(readme, "\n", 26)[:25], "\n")
	for _, command := range []string{"make demo", "make test"} {
		if !strings.Contains(screen, command) {
			t.Errorf("the first screen does not say %q", command)
		}
	}
	root := rootCmd((&wiring.Env{}))
	for _, c := range root.Commands() {
		if name := c.Name(); name != "help" && !strings.Contains(readme, "`"+name) {
			t.Errorf("the command %s is not in the README", name)
		}
	}
}

// TestMaintainersPages compares the maintainers' pages with the sources: every room has a line, and every test, file and
// target of make that a page names exists.
func TestMaintainersPages(t *testing.T) {
	architecture, contributing := document(t, "../../docs/architecture.md"), document(t, "../../CONTRIBUTING.md")
	rooms, tests := sources(t)
	for room := range rooms {
		if !strings.Contains(architecture, "\n| `"+room+"` | ") {
			t.Errorf("docs/architecture.md has no line for the room %s", room)
		}
	}
	if len(rooms) < 25 {
		t.Errorf("only %d rooms were found", len(rooms))
	}
	for _, kind := range export.NoticeKinds() {
		if !strings.Contains(document(t, "../../docs/notices.md"), "\n| `"+string(kind)+"` | ") {
			t.Errorf("docs/notices.md does not say when %s is told", kind)
		}
	}
	both := architecture + contributing
	for _, name := range regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(both, -1) {
		if !strings.Contains(tests, "func "+name+"(t *testing.T)") {
			t.Errorf("there is no test %s", name)
		}
	}
	for _, m := range regexp.MustCompile("`((?:cmd|docs|export|templates|testdata|transport)/[\\w./-]+)`").FindAllStringSubmatch(both, -1) {
		if _, err := os.Stat(filepath.Join("../..", m[1])); err != nil {
			t.Errorf("a page names %s, which is not there", m[1])
		}
	}
	makefile := document(t, "../../Makefile")
	for _, m := range regexp.MustCompile(`(?m)(?:^    |`+"`"+`)make ([a-z-]+)`).FindAllStringSubmatch(both, -1) {
		if !strings.Contains(makefile, "\n"+m[1]+":") {
			t.Errorf("make has no target %s", m[1])
		}
	}
}

// roomLimits are the most lines that rooms may have, tests apart. A room that grows beyond it is two rooms.
var roomLimits = map[string]int{
	"":                 5_000, // any other
	"cmd/hr2coupa":     2_000,
	"cmd/internal/job": 2_000,
}

// TestRoomsAreSmall: no room has grown beyond its limit.
func TestRoomsAreSmall(t *testing.T) {
	rooms, _ := sources(t)
	for room, lines := range rooms {
		most, own := roomLimits[room]
		if !own {
			most = roomLimits[""]
		}
		if lines > most {
			t.Errorf("%s has %d lines, at most %d: move what belongs together into a room of its own (docs/architecture.md)", room, lines, most)
		}
	}
	for room := range roomLimits {
		if room != "" && rooms[room] == 0 {
			t.Errorf("there is no room %s", room)
		}
	}
}

// sources finds the rooms of the program with their lines, tests apart, and the text of all tests.
func sources(t *testing.T) (rooms map[string]int, tests string) {
	t.Helper()
	rooms = map[string]int{}
	var all strings.Builder
	for _, top := range []string{"cmd", "export", "templates", "transport"} {
		err := filepath.WalkDir(filepath.Join("../..", top), func(path string, _ os.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case strings.HasSuffix(path, "_test.go"):
				all.WriteString(document(t, path))
			case strings.HasSuffix(path, ".go"):
				room, err := filepath.Rel("../..", filepath.Dir(path))
				rooms[filepath.ToSlash(room)] += strings.Count(document(t, path), "\n")
				return err
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return rooms, all.String()
}
