// Output finds what could reach a terminal or a log past cmd/internal/terminal, which makes names of files and Coupa's words plain:
// the program's own stdout and stderr, logs of other makes, and formats that are no literal, in which a value would stand
// as it is. What needs the raw writer says why with a comment that begins with "raw".
//
//	go run ./testdata/lint/output DIR…
package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/testdata/lint/source"
)

// homes are where text meets a terminal: the type that does it, where stdout and stderr come from, and the log that discards;
// and a suite, in which one program of a test tells the other.
var homes = []string{"cmd/internal/terminal/", "cmd/hr2coupa/main.go", "export/plain.go", "export/ledger/ledgertest/"}

// ways are what writes past cmd/internal/terminal, by import path; "" stands for the whole package.
var ways = map[string][]string{
	"os":      {"Stdout", "Stderr", "NewFile"},
	"syscall": {"Stdout", "Stderr", "Write"},
	"fmt":     {"Print", "Printf", "Println"},
	"github.com/sirupsen/logrus": {
		"New", "StandardLogger", "SetOutput", "SetFormatter", "TextFormatter", "JSONFormatter",
		"Trace", "Debug", "Info", "Print", "Warn", "Warning", "Error", "Panic", "Fatal",
		"Tracef", "Debugf", "Infof", "Printf", "Warnf", "Warningf", "Errorf", "Panicf", "Fatalf",
		"Traceln", "Debugln", "Infoln", "Println", "Warnln", "Warningln", "Errorln", "Panicln", "Fatalln",
		"WithField", "WithFields", "WithError", "WithContext", "WithTime",
	},
	"log": {""},
	"log/slog": {
		"New", "Default", "SetDefault", "NewTextHandler", "NewJSONHandler", "NewLogLogger", "With", "Log", "LogAttrs",
		"Debug", "Info", "Warn", "Error", "DebugContext", "InfoContext", "WarnContext", "ErrorContext",
	},
	"log/syslog":                 {""},
	"golang.org/x/term":          {""},
	"github.com/mattn/go-isatty": {""},
}

func main() { source.Run("output", home, check) }

func home(file string) bool {
	return slices.ContainsFunc(homes, func(h string) bool { return strings.Contains(file, h) })
}

// check lists what writes past cmd/internal/terminal in a file.
func check(f *source.File) (faults []string) {
	fault := func(n ast.Node, what, instead string) {
		faults = append(faults, fmt.Sprintf("%s: %s: %s", f.At(n), what, instead))
	}
	const advice = "print it with cmd/internal/terminal, by the app's stdout, stderr or log"
	for _, i := range f.Imports {
		p := source.ImportPath(i)
		if words := ways[p]; slices.Contains(words, "") || i.Name != nil && i.Name.Name == "." && words != nil {
			fault(i, "import of "+p, advice)
		}
	}
	raw := f.Excused("raw")
	ast.Inspect(f.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			switch name := source.Called(n); {
			case name == "print" || name == "println":
				fault(n, name, advice)
			case name == ".Raw" && len(n.Args) == 0 && !raw[f.At(n).Line]:
				fault(n, "Raw", `use Text, JSON or Words, or say "raw: WHY" behind it`)
			case name == ".SetFormatter":
				fault(n, "SetFormatter", "use terminal.FormatText or FormatJSON")
			case name == ".Printf" && len(n.Args) > 0 && !literal(n.Args[0]) && !ofPackage(f, n):
				fault(n, "format", "give a literal, and others' words as values")
			}
		case *ast.SelectorExpr:
			if slices.Contains(ways[f.Of(n)], n.Sel.Name) {
				fault(n, f.Of(n)+"."+n.Sel.Name, advice)
			}
		}
		return true
	})
	return faults
}

// ofPackage reports whether a call is of a package's function.
func ofPackage(f *source.File, c *ast.CallExpr) bool {
	s, ok := c.Fun.(*ast.SelectorExpr)
	return ok && f.Of(s) != ""
}

// literal reports whether a text stands in the source as it is.
func literal(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Kind == token.STRING
	case *ast.BinaryExpr:
		return literal(e.X) && literal(e.Y)
	}
	return false
}
