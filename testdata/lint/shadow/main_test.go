package main

import (
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/testdata/lint/source"
)

func TestShadowsAreFound(t *testing.T) {
	const level = `package p; import "github.com/hr2coupa/hr2coupa/export/feed"; var taken, _ = feed.Open(nil); `
	tests := []struct{ name, src, want string }{
		{"a definition", `func f() { taken := 1; _ = taken }`, "the local taken "},
		{"one of several", `func f() { a, taken := 1, 2; _, _ = a, taken }`, "the local taken "},
		{"a variable", `func f() { var taken int; _ = taken }`, "the local taken "},
		{"a constant", `func f() { const taken = 1 }`, "the local taken "},
		{"a type", `func f() { type taken int }`, "the local taken "},
		{"a parameter", `func f(taken int) {}`, "the local taken "},
		{"a result", `func f() (taken int) { return 1 }`, "the local taken "},
		{"a receiver", `type t int; func (taken t) f() {}`, "the local taken "},
		{"a type parameter", `func f[taken any]() {}`, "the local taken "},
		{"in a loop", `func f(s []int) { for _, taken := range s { _ = taken } }`, "the local taken "},
		{"the index of a loop", `func f() { for taken := range 3 { _ = taken } }`, "the local taken "},
		{"in a switch over types", `func f(a any) { switch taken := a.(type) { case int: _ = taken } }`, "the local taken "},
		{"in a select", `func f(c chan int) { select { case taken := <-c: _ = taken } }`, "the local taken "},
		{"in a function within", `func f() { func() { taken := 1; _ = taken }() }`, "the local taken "},
		{"a parameter of a function within", `func f() { func(taken int) {}(1) }`, "the local taken "},
		{"in a function that is a value", `var v = func(a int) int { taken := a; return taken }`, "the local taken "},
		{"a parameter of one that is a value", `var v = func(taken int) {}`, "the local taken "},
		{"the name of its own function", `func f() { f := 1; _ = f }`, "the local f "},
		{"the name of a type", `type t int; func f(t t) {}`, "the local t "},
		{"the name of a file beside it", `func f() { far := 1; _ = far }`, "the local far "},
		{"a package of the project", `func f() { feed := 1; _ = feed }`, "the local feed "},
		{"names that are free", `func f(a int) (b int) { c := a; for d := range c { b += d }; return b }`, ""},
		{"assigned, not defined", `func f() { taken = nil }`, ""},
		{"a field and a method", `type t struct { taken int }; func (s t) taken2() int { return s.taken }`, ""},
		{"the name of a method", `type t int; func (s t) name() {}; func f(name string) {}`, ""},
		{"nothing", `func f(_ int) { _ = 1 }`, ""},
		{"a parameter of a type", `type t func(taken int)`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var files []*source.File
			for name, src := range map[string]string{"p.go": level + test.src, "q.go": `package p; const far = 1; func init() {}`} {
				f, err := source.Parse(name, src)
				if err != nil {
					t.Fatal(err)
				}
				files = append(files, f)
			}
			got := check(files)
			if test.want == "" && len(got) > 0 || test.want != "" && (len(got) != 1 || !strings.Contains(got[0], test.want)) {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}
