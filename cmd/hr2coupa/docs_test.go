package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
)

// output runs the program and gives what it printed.
func output(t *testing.T, args ...string) string {
	t.Helper()
	var out, diary bytes.Buffer
	if code := run(context.Background(), args, func(string) string { return "" }, strings.NewReader(""), &out, &diary); code != 0 {
		t.Fatalf("%v ended with %d: %s", args, code, diary.String())
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

// TestTwinDocs keeps the page about the twin as the program tells it: what is documented and what is assumed.
func TestTwinDocs(t *testing.T) {
	if want := output(t, "twin", "--switches"); !strings.Contains(document(t, "../../docs/twin.md"), "```\n"+want+"```\n") {
		t.Error("docs/twin.md does not hold what hr2coupa twin --switches prints; put it in anew")
	}
	if want := output(t, "twin", "--personalities"); !strings.Contains(document(t, "../../docs/twin.md"), "```\n"+want+"```\n") {
		t.Error("docs/twin.md does not hold what hr2coupa twin --personalities prints; put it in anew")
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
	root := (&app{}).root()
	for _, c := range root.Commands() {
		if name := c.Name(); name != "help" && !strings.Contains(readme, "`"+name) {
			t.Errorf("the command %s is not in the README", name)
		}
	}
}
