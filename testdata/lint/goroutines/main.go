// Goroutines finds goroutines that are not started by the helpers of export/crash.go: a panic there would end the program
// with a code that means "usage or config", and no one would be told.
//
//	go run ./testdata/lint/goroutines DIR…
package main

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/testdata/lint/source"
)

// starters are what starts a goroutine by another name, by import path; "" stands for the whole package.
var starters = map[string][]string{
	"sync":                        {"WaitGroup"},
	"context":                     {"AfterFunc"},
	"time":                        {"AfterFunc"},
	"golang.org/x/sync/errgroup":  {""},
	"github.com/sourcegraph/conc": {""},
}

func main() { source.Run("goroutines", home, check) }

// home is where goroutines may be started.
func home(file string) bool { return strings.HasSuffix(file, "export/crash.go") }

// check lists what starts a goroutine in a file.
func check(f *source.File) (faults []string) {
	fault := func(n ast.Node, what string) {
		faults = append(faults, fmt.Sprintf("%s: %s: start it with export.Go, Async, AfterFunc, Timer or a Group, which recover", f.At(n), what))
	}
	for _, i := range f.Imports {
		p := source.ImportPath(i)
		if words := starters[p]; slices.Contains(words, "") || i.Name != nil && i.Name.Name == "." && words != nil {
			fault(i, "import of "+p)
		}
	}
	ast.Inspect(f.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			fault(n, "go statement")
		case *ast.SelectorExpr:
			if slices.Contains(starters[f.Of(n)], n.Sel.Name) {
				fault(n, f.Of(n)+"."+n.Sel.Name)
			}
		}
		return true
	})
	return faults
}
