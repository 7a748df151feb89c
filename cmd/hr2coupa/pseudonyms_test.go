package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// ofPeople matches what no log and no notice may have under privacy: pseudonyms: Coupa's id of any user.
var ofPeople = regexp.MustCompile(`/api/users/\d|\bcoupa"?[=:]"?\d|Coupa ids? \d`)

// namesKeys finds lines of a story that look for a key, or a user's number, where the log under pseudonyms has none.
var namesKeys = regexp.MustCompile(`(?m)^((?:stderr|told|stdout) .*(?:person=|coupa=|/api/users/|PUT .*422|POST .*422)|stderr .*Coupa id \d).*$`)

// keyColumns are those of HR's feeds and of Coupa's files that name people.
var keyColumns = []string{"employee_id", "Employee Number", "Id"}

// TestPseudonyms plays stories of every route and every trouble once more, with privacy: pseudonyms: no key, no number of a
// user, no name and no address of any feed is in a log, a notice or the figures. If a story itself looks for one, that
// line of it is left out.
func TestPseudonyms(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := 0
	for _, pattern := range []string{
		"closed*", "drop*", "explain*", "gossip*", "held", "login-change*", "notify*", "partial*", "preflight*", "private*", "quarantine*",
		"readback*", "route-*", "run*", "stalled*", "verify*", "watch", "watch-rejected*",
	} {
		found, err := filepath.Glob(filepath.Join(scripts, pattern+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			if n++; n%everyStory != 0 {
				continue
			}
			story, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			story = namesKeys.ReplaceAll(story, []byte("# left out: $1"))
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), story, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n < 35 {
		t.Fatalf("only %d stories", n)
	}
	testscript.Run(t, testscript.Params{
		Dir: dir, Cmds: commands(), RequireUniqueNames: true, ContinueOnError: true,
		Setup: func(env *testscript.Env) error {
			env.Values[discreetKey{}] = true
			return setup(env)
		},
	})
}

type discreetKey struct{}

// discreet finds what is in a log although privacy: pseudonyms should keep it out.
func (w *world) discreet(log string) []string {
	if w.keys == nil {
		return nil
	}
	shown := ofPeople.FindAllString(log, -1)
	for key := range w.keys {
		if regexp.MustCompile(`(?:^|[^\pL\pN])` + regexp.QuoteMeta(key) + `(?:$|[^\pL\pN])`).MatchString(log) {
			shown = append(shown, key)
		}
	}
	slices.Sort(shown)
	return shown
}

// TestDiscreet checks that the guard finds what it guards against.
func TestDiscreet(t *testing.T) {
	w := &world{keys: map[string]bool{"000101": true}}
	for log, want := range map[string]string{
		`run=20261124T000101Z`: "", `part=Users_000101a`: "", `person=p-abcdefghijkl row="feed.csv:2" run=2`: "", `call="PUT /api/users/[id]"`: "",
		`person=000101`: "000101", `{"person":"000101"}`: "000101", `"PUT /api/users/2: 200" coupa=2 person=p-a`: "/api/users/2 coupa=2", `"coupa":"2"`: `coupa":"2`,
	} {
		if got := strings.Join(w.discreet(log), " "); got != want {
			t.Errorf("%s shows %q, want %q", log, got, want)
		}
	}
}
