// Files finds files that are opened past export/regular: a name that a person or a config gave may be a named pipe, and
// whoever opens one may wait for ever. Files that the program makes and names itself may be opened otherwise; the line
// says so with a comment that begins with "own file".
//
//	go run ./testdata/lint/files DIR…
package main

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/testdata/lint/source"
)

// homes are where files are opened: the helper, and two rooms that name all their files themselves.
var homes = []string{"export/regular/", "export/ledger/", "transport/twin/folders/"}

// openers are what opens a file by its name, by import path.
var openers = map[string][]string{
	"os":                                 {"Open", "OpenFile", "ReadFile", "DirFS", "OpenRoot", "OpenInRoot", "Create"},
	"io/ioutil":                          {"ReadFile"},
	"syscall":                            {"Open"},
	"archive/zip":                        {"OpenReader"},
	"crypto/tls":                         {"LoadX509KeyPair"},
	"html/template":                      {"ParseFiles", "ParseGlob"},
	"text/template":                      {"ParseFiles", "ParseGlob"},
	"golang.org/x/crypto/ssh/knownhosts": {"New"},
}

func main() { source.Run("files", home, check) }

func home(file string) bool {
	return slices.ContainsFunc(homes, func(h string) bool { return strings.Contains(file, h) })
}

// check lists what opens files in a file.
func check(f *source.File) (faults []string) {
	own := f.Excused("own file")
	ast.Inspect(f.File, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if at := f.At(s); slices.Contains(openers[f.Of(s)], s.Sel.Name) && !own[at.Line] {
			faults = append(faults, fmt.Sprintf("%s: %s.%s: open it with export/regular, or say \"own file: WHY\" behind it", at, f.Of(s), s.Sel.Name))
		}
		return true
	})
	return faults
}
