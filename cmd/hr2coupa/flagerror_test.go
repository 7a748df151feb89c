package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// An option with a value that it cannot have is named with what it takes, in no words of Go's parsers.
func TestFlagErrorsAreWords(t *testing.T) {
	root := rootCmd(newApp(os.Getenv, nil, io.Discard, io.Discard))
	tried := 0
	for _, c := range leaves(root) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if typ := f.Value.Type(); typ == "string" || typ == "stringArray" { // any text will do
				return
			}
			tried++
			option := "--" + f.Name + `=x"y`
			var stdout, stderr bytes.Buffer
			args := append(strings.Fields(c.CommandPath())[1:], option)
			code := Main(context.Background(), args, func(string) string { return "" }, strings.NewReader(""), &stdout, &stderr)
			said := `error: --` + f.Name + ` is "x\"y", and must be `
			if code != 2 || stdout.Len() > 0 || !strings.HasPrefix(stderr.String(), said) || !strings.Contains(stderr.String(), "\nhint: see "+c.CommandPath()+" --help\n") {
				t.Errorf("%s %s: code %d, stdout %q, stderr %q, want 2 and %s…", c.CommandPath(), option, code, &stdout, &stderr, said)
			}
		})
	}
	if tried < 10 {
		t.Errorf("tried %d options only", tried)
	}
}
