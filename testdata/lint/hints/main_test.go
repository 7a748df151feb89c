package main

import (
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/testdata/lint/source"
)

func TestWhatToDoIsFoundInTexts(t *testing.T) {
	tests := []struct {
		name, src string
		found     int
	}{
		{"an order", `package p; var e = errors.New("no room; make room on that disk")`, 1},
		{"with values", `package p; func f() error { return fmt.Errorf("%s is a folder; name the files in it, such as %s", a, b) }`, 1},
		{"a command", `package p; func f() error { return exit.Usage("no run %q; hr2coupa status lists them", id) }`, 1},
		{"an option", `package p; func f() error { return fmt.Errorf("dropped before as %s; --again sends it once more", x) }`, 1},
		{"a question", `package p; func f() error { return fmt.Errorf("%w; is there room on that disk?", err) }`, 1},
		{"a question alone", `package p; var e = errors.New("whose word is it?")`, 1},
		{"behind a colon", `package p; func f() error { return fault(x, nil, "no user is given: set sftp.user") }`, 1},
		{"a fault of ours", `package p; func f() error { return fmt.Errorf("read part %s: %w, please report this", p, err) }`, 1},
		{"a sum", `package p; func f() error { return errors.New("cannot add " + a + "; use concat") }`, 1},
		{"a field", `package p; var e = &NotDeliveredError{Msg: fmt.Sprintf("no %s; put it back", x)}`, 1},
		{"a log line", `package p; func f(l L) { l.WithField("a", 1).Warnf("no %s; approve it again", x) }`, 1},
		{"two texts", `package p; var a, b = errors.New("a; set b"), errors.New("c; set d")`, 2},
		{"a hint", `package p; var e = export.Hint(errors.New("no room"), "make room; see the docs")`, 0},
		{"a hint beside it", `package p; func f(v V) { v.fault("no file; name one", "give file; see the docs") }`, 1},
		{"a hint of its own", `package p; func f(v V) { v.fault("no file", "give file; see the docs") }`, 0},
		{"two facts", `package p; var e = errors.New("the file was cut off; nothing was read")`, 0},
		{"what was being done", `package p; func f() error { return fmt.Errorf("ledger: add part %s: %w", p, err) }`, 0},
		{"the reason of a row", `package p; var f = export.Fault{Message: "is --NULL--; take it out", Hint: "a; take it out"}`, 1},
		{"a rule of a cell", `package p; var b = breach{"empty", "is empty; take it out"}`, 1},
		{"a reason by name", `package p; const sayOpen = "is open; close the quote"`, 1},
		{"another text", `package p; var s = "no room; make room"`, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, err := source.Parse("p.go", test.src)
			if err != nil {
				t.Fatal(err)
			}
			got := check(f)
			if len(got) != test.found || len(got) > 0 && !strings.Contains(got[0], "p.go:1") {
				t.Errorf("found %q, want %d", got, test.found)
			}
		})
	}
}
