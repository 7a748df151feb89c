// Package source is what our linters share: they look at the program's files by their syntax alone.
package source

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Run checks the program's files in the folders that the command line names, and ends with 1 if one has a fault or
// there is no file. home reports whether a file may do what the linter looks for; its path has slashes.
func Run(name string, home func(file string) bool, check func(f *File) []string) {
	RunPackages(name, home, func(files []*File) (faults []string) {
		for _, f := range files {
			faults = append(faults, check(f)...)
		}
		return faults
	})
}

// RunPackages is Run for a linter that looks at all files of a package together.
func RunPackages(name string, home func(file string) bool, check func(files []*File) []string) {
	found, looked := 0, 0
	for _, root := range os.Args[1:] {
		packages, err := parseAll(root, home)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			os.Exit(1)
		}
		for _, dir := range slices.Sorted(maps.Keys(packages)) {
			looked += len(packages[dir])
			for _, fault := range check(packages[dir]) {
				fmt.Println(fault)
				found++
			}
		}
	}
	if looked == 0 {
		fmt.Fprintf(os.Stderr, "%s: no file was looked at; name the folders of the program\n", name)
		os.Exit(1)
	}
	if found > 0 {
		os.Exit(1)
	}
}

// parseAll reads the program's files in and below a folder, by the folder each lies in. Tests are left out.
func parseAll(root string, home func(file string) bool) (map[string][]*File, error) {
	packages := map[string][]*File{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || home(filepath.ToSlash(file)) {
			return err
		}
		f, err := Parse(file, nil)
		if err != nil {
			return err
		}
		dir := filepath.Dir(file)
		packages[dir] = append(packages[dir], f)
		return nil
	})
	return packages, err
}

// File is one parsed file.
type File struct {
	*ast.File
	set   *token.FileSet
	names map[string]string // import path by the name used in the file
}

// Parse reads a file; src is as for parser.ParseFile.
func Parse(file string, src any) (*File, error) {
	f := &File{set: token.NewFileSet(), names: map[string]string{}}
	var err error
	if f.File, err = parser.ParseFile(f.set, file, src, parser.SkipObjectResolution|parser.ParseComments); err != nil {
		return nil, err
	}
	for _, i := range f.Imports {
		f.names[ImportName(i)] = ImportPath(i)
	}
	return f, nil
}

// ImportPath returns what an import names.
func ImportPath(i *ast.ImportSpec) string {
	p, err := strconv.Unquote(i.Path.Value)
	if err != nil {
		panic(err) // the parser has let it through
	}
	return p
}

// ImportName returns the name that a file has for what it imports.
func ImportName(i *ast.ImportSpec) string {
	if i.Name != nil {
		return i.Name.Name
	}
	return path.Base(ImportPath(i))
}

// Of returns the import path of the package that a selector is of; "" where it is of none.
func (f *File) Of(s *ast.SelectorExpr) string {
	if x, ok := s.X.(*ast.Ident); ok {
		return f.names[x.Name]
	}
	return ""
}

// At returns where a node lies.
func (f *File) At(n ast.Node) token.Position { return f.set.Position(n.Pos()) }

// Excused returns the lines with a comment that begins with the word and gives a reason.
func (f *File) Excused(word string) map[int]bool {
	lines := map[int]bool{}
	for _, group := range f.Comments {
		for _, c := range group.List {
			if why, ok := strings.CutPrefix(c.Text, "// "+word+":"); ok && strings.TrimSpace(why) != "" {
				lines[f.At(c).Line] = true
			}
		}
	}
	return lines
}

// Called returns the name of what a call calls, with a dot where it is a method or a function of a package.
func Called(c *ast.CallExpr) string {
	switch fun := c.Fun.(type) {
	case *ast.Ident:
		return fun.Name
	case *ast.SelectorExpr:
		return "." + fun.Sel.Name
	}
	return ""
}
