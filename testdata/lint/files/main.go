// Files finds files that are opened past export/regular: a name that a person or a config gave may be a named pipe, and
// whoever opens one may wait for ever. Files that the program makes and names itself may be opened otherwise; the line
// says so with a comment that begins with "own file".
//
//	go run ./testdata/lint/files DIR…
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

// homes are where files are opened: the helper, and two rooms that name all their files themselves.
var homes = []string{"export/regular/", "export/ledger/", "transport/twin/"}

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
			fmt.Fprintln(os.Stderr, "files:", err)
			os.Exit(1)
		}
	}
	if files == 0 {
		fmt.Fprintln(os.Stderr, "files: no file was looked at; name the folders of the program")
		os.Exit(1)
	}
	if found > 0 {
		os.Exit(1)
	}
}

// ours reports whether a file is part of the program and none of the homes.
func ours(file string) bool {
	slashed := filepath.ToSlash(file)
	return strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") &&
		!slices.ContainsFunc(homes, func(h string) bool { return strings.Contains(slashed, h) })
}

// check lists what opens files in a file; src is as for parser.ParseFile.
func check(file string, src any) ([]string, error) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, src, parser.SkipObjectResolution|parser.ParseComments)
	if err != nil {
		return nil, err
	}
	names := map[string]string{} // import path by the name used in the file
	for _, i := range f.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return nil, err
		}
		names[path.Base(p)] = p
		if i.Name != nil {
			names[i.Name.Name] = p
		}
	}
	own := ownLines(set, f)
	var out []string
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := s.X.(*ast.Ident)
		if at := set.Position(s.Pos()); ok && slices.Contains(openers[names[x.Name]], s.Sel.Name) && !own[at.Line] {
			out = append(out, fmt.Sprintf("%s: %s.%s: open it with export/regular, or say \"own file: WHY\" behind it", at, names[x.Name], s.Sel.Name))
		}
		return true
	})
	return out, nil
}

// ownLines are the lines that a comment says open a file of the program's own.
func ownLines(set *token.FileSet, f *ast.File) map[int]bool {
	lines := map[int]bool{}
	for _, group := range f.Comments {
		for _, c := range group.List {
			if why, ok := strings.CutPrefix(c.Text, "// own file:"); ok && strings.TrimSpace(why) != "" {
				lines[set.Position(c.Pos()).Line] = true
			}
		}
	}
	return lines
}
