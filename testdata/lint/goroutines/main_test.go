package main

import (
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/testdata/lint/source"
)

func TestGoroutinesAreFound(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"a bare statement", `package p; func f() { go f() }`, "go statement"},
		{"in a literal", `package p; var f = func() { go func() {}() }`, "go statement"},
		{"a wait group", `package p; import "sync"; type t struct { w sync.WaitGroup }`, "sync.WaitGroup"},
		{"under another name", `package p; import s "sync"; var w s.WaitGroup`, "sync.WaitGroup"},
		{"by a dot", `package p; import . "sync"; var w WaitGroup`, "import of sync"},
		{"after a context", `package p; import "context"; func f(c context.Context) { context.AfterFunc(c, func() {}) }`, "context.AfterFunc"},
		{"after a time", `package p; import "time"; var f = time.AfterFunc`, "time.AfterFunc"},
		{"an errgroup", `package p; import "golang.org/x/sync/errgroup"; var g errgroup.Group`, "import of golang.org/x/sync/errgroup"},
		{"ours", `package p; import ("sync"; "example.com/export"); var m sync.Mutex; func f() { export.Go(f, nil) }`, ""},
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
