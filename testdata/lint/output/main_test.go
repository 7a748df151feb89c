package main

import (
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/testdata/lint/source"
)

func TestWaysPastTheTerminalAreFound(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"stdout", `package p; import ("fmt"; "os"); func f() { fmt.Fprintln(os.Stdout, "x") }`, "os.Stdout"},
		{"stderr under another name", `package p; import o "os"; var w = o.Stderr`, "os.Stderr"},
		{"printed", `package p; import "fmt"; func f(s string) { fmt.Println(s) }`, "fmt.Println"},
		{"by a dot", `package p; import . "fmt"; func f(s string) { Println(s) }`, "import of fmt"},
		{"built in", `package p; func f(s string) { println(s) }`, "println"},
		{"another log", `package p; import "log/slog"; func f(s string) { slog.Info(s) }`, "log/slog.Info"},
		{"a log of its own", `package p; import "github.com/sirupsen/logrus"; var l = logrus.New()`, "logrus.New"},
		{"the log of all", `package p; import l "github.com/sirupsen/logrus"; func f(s string) { l.Warn(s) }`, "logrus.Warn"},
		{"a format of its own", `package p; func f(a app, x any) { a.log.SetFormatter(x) }`, "SetFormatter"},
		{"raw", `package p; func f(a app) { a.stdout.Raw() }`, "Raw"},
		{"raw without a reason", "package p; func f(a app) { a.stdout.Raw() } // raw:", "Raw"},
		{"raw with a reason", "package p; func f(a app) { a.stdout.Raw() } // raw: a bar", ""},
		{"a value for a format", `package p; func f(w text, s string) { w.Printf(s) }`, "format"},
		{"a value in a format", `package p; func f(w text, s string) { w.Printf("x " + s + "%d", 1) }`, "format"},
		{"ours", `package p; func f(a app, s string) { w := a.stdout.Text(); w.Printf("x " + "%s\n", s); a.log.Warn(s) }`, ""},
		{"to a file", `package p; import "fmt"; func f(w io.Writer, s string) { fmt.Fprintf(w, s) }`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, err := source.Parse("p.go", test.src)
			if err != nil {
				t.Fatal(err)
			}
			got := check(f)
			if test.want == "" && len(got) > 0 || test.want != "" && (len(got) != 1 || !strings.Contains(got[0], test.want)) {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}
