// Goroutines finds goroutines that are not started by the helpers of export/crash.go: a panic there would end the program
// with a code that means "usage or config", and nobody would be told.
//
//	go run ./testdata/lint/goroutines DIR…
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// home is where goroutines may be started.
const home = "export/crash.go"

// starters are what starts a goroutine by another name, by import path; "" stands for the whole package.
var starters = map[string][]string{
	"sync":                        {"WaitGroup"},
	"context":                     {"AfterFunc"},
	"time":                        {"AfterFunc"},
	"golang.org/x/sync/errgroup":  {""},
	"github.com/sourcegraph/conc": {""},
}

func main() {
	found, files := 0, 0
	for _, root := range os.Args[1:] {
		err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !ours(file) {
				return err
			}
			files++
			faults, err := check(file, nil)
			for _, f := range faults {
				fmt.Println(f)
			}
			found += len(faults)
			return err
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, "goroutines:", err)
			os.Exit(1)
		}
	}
	if files == 0 {
		fmt.Fprintln(os.Stderr, "goroutines: no file was looked at; name the folders of the program")
		os.Exit(1)
	}
	if found > 0 {
		os.Exit(1)
	}
}

// ours reports whether a file is part of the program.
func ours(file string) bool {
	return strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") && !strings.HasSuffix(filepath.ToSlash(file), home)
}

// check lists what starts a goroutine in a file; src is as for parser.ParseFile.
func check(file string, src any) ([]string, error) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var out []string
	fault := func(n ast.Node, what string) {
		out = append(out, fmt.Sprintf("%s: %s: start it with export.Go, Async, AfterFunc, Timer or a Group, which recover", set.Position(n.Pos()), what))
	}
	names := map[string]string{} // import path by the name used in the file
	for _, i := range f.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return nil, err
		}
		name := path.Base(p)
		if i.Name != nil {
			name = i.Name.Name
		}
		names[name] = p
		if words := starters[p]; slices.Contains(words, "") || name == "." && words != nil {
			fault(i, "import of "+p)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			fault(n, "go statement")
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && slices.Contains(starters[names[x.Name]], n.Sel.Name) {
				fault(n, names[x.Name]+"."+n.Sel.Name)
			}
		}
		return true
	})
	return out, nil
}
