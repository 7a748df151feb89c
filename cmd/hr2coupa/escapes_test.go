package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/export"
)

// evil is a name that sets a terminal's title, turns what follows around, and says "run: ok" on a line of its own.
const evil = "evil\x1b]0;owned\x07\u202e\u009b31m\nrun: ok"

// plain checks that nothing in a command's output controls a terminal, and that the evil name has forged no line.
func plain(ts *testscript.TestScript, texts ...string) {
	for _, text := range texts {
		for line := range strings.Lines(text) {
			line = strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "\t", " ") // Go's own stacks have tabs
			if export.Plain(line) != line || strings.HasPrefix(line, "run: ok") {
				ts.Fatalf("the line %q steers, or is forged", line)
			}
		}
	}
}

var (
	jsonID     = regexp.MustCompile(`("id": ?)(\d+)`)
	jsonStatus = regexp.MustCompile(`("status": ?)"([^"]*)"`)
	jsonField  = regexp.MustCompile(`("field-error": ?)"([^"]*)"`)
)

// cmdSteering puts a Coupa before the twin whose load list has the evil name in every id and field error. With the word
// "status" it is in every status too; with "refuse", every answer is a failure that says it.
func cmdSteering(ts *testscript.TestScript, w *world, args []string) {
	words := strings.ReplaceAll(strconv.QuoteToASCII(evil), `\x`, `\u00`)
	words = strings.ReplaceAll(words[1:len(words)-1], `\a`, `\u0007`)
	proxy := between(w, func(r *http.Response) error {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		say := func(where *regexp.Regexp) {
			body = where.ReplaceAll(body, []byte(`${1}"${2} `+words+`"`))
		}
		switch {
		case slices.Contains(args, "refuse"):
			r.StatusCode = http.StatusForbidden
			body = []byte(`{"errors": {"error": ["` + words + `"]}}`)
		case strings.HasPrefix(r.Request.URL.Path, "/api/data_file_sources"):
			say(jsonID)
			say(jsonField)
			if slices.Contains(args, "status") {
				say(jsonStatus)
			}
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		r.ContentLength = int64(len(body))
		r.Header.Set("Content-Length", strconv.Itoa(len(body)))
		return nil
	})
	w.shut = append(w.shut, proxy.Close)
	w.config.set("instance", proxy.URL)
	w.config.set("coupa.format", "json")
	ts.Check(w.writeConfig())
}

// TestEveryCommandMeetsTheEvilName: every command has a story in which it meets the evil name.
func TestEveryCommandMeetsTheEvilName(t *testing.T) {
	found, err := filepath.Glob(filepath.Join(scripts, "escapes*.txtar"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no stories of evil names (%v)", err)
	}
	var told strings.Builder
	for _, f := range found {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		told.Write(data)
	}
	root := rootCmd(newApp(os.Getenv, nil, io.Discard, io.Discard))
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	for _, c := range leaves(root) {
		if !regexp.MustCompile(`(?m)^exit \d+ ` + c.CommandPath() + `\b.*\$EVIL`).MatchString(told.String()) {
			t.Errorf("no story calls %q with the name $EVIL", c.CommandPath())
		}
	}
}

// leaves returns the commands that do something.
func leaves(c *cobra.Command) (out []*cobra.Command) {
	if !c.HasSubCommands() {
		return []*cobra.Command{c}
	}
	for _, sub := range c.Commands() {
		out = append(out, leaves(sub)...)
	}
	return out
}
