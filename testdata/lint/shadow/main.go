// Shadow finds locals that hide a name of their own package, or a package of the project that their file imports. Whoever
// reads such a function has to know which of the two a line means. A local is a variable, constant or type of a function, a
// parameter, a result or a receiver.
//
//	go run ./testdata/lint/shadow DIR…
package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"

	"github.com/hr2coupa/hr2coupa/testdata/lint/source"
)

const project = "github.com/hr2coupa/hr2coupa/"

func main() { source.RunPackages("shadow", func(string) bool { return false }, check) }

// check lists the locals of a package that hide something.
func check(files []*source.File) (faults []string) {
	names := map[string]string{} // where it is declared, by name
	for _, f := range files {
		for _, ident := range packageLevel(f) {
			names[ident.Name] = f.At(ident).String()
		}
	}
	for _, f := range files {
		imported := imports(f)
		for _, ident := range locals(f) {
			switch at := f.At(ident); {
			case names[ident.Name] != "":
				faults = append(faults, fmt.Sprintf("%s: the local %s has the name of something in its package, declared at %s: rename one of them", at, ident.Name, names[ident.Name]))
			case imported[ident.Name] != "":
				faults = append(faults, fmt.Sprintf("%s: the local %s has the name of the package %s: rename the local", at, ident.Name, imported[ident.Name]))
			}
		}
	}
	return faults
}

// packageLevel lists what a file declares outside of functions. Methods do not count: they are never named without what they are of.
func packageLevel(f *source.File) (idents []*ast.Ident) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name != "init" && d.Name.Name != "_" {
				idents = append(idents, d.Name)
			}
		case *ast.GenDecl:
			idents = append(idents, declared(d)...)
		}
	}
	return idents
}

// declared lists the names of a declaration of variables, constants or types.
func declared(d *ast.GenDecl) (idents []*ast.Ident) {
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.ValueSpec:
			idents = append(idents, named(spec.Names)...)
		case *ast.TypeSpec:
			idents = append(idents, named([]*ast.Ident{spec.Name})...)
		}
	}
	return idents
}

// imports returns the paths of the project's packages by the name that the file has for them.
func imports(f *source.File) map[string]string {
	paths := map[string]string{}
	for _, i := range f.Imports {
		if p := source.ImportPath(i); strings.HasPrefix(p, project) {
			paths[source.ImportName(i)] = p
		}
	}
	return paths
}

// locals lists what the functions of a file declare.
func locals(f *source.File) (idents []*ast.Ident) {
	for _, d := range f.Decls {
		fun, ok := d.(*ast.FuncDecl)
		if ok {
			idents = append(idents, fields(fun.Recv)...)
			idents = append(idents, signature(fun.Type)...)
			idents = append(idents, within(fun.Body)...)
			continue
		}
		ast.Inspect(d, func(n ast.Node) bool { // a function that is a package-level value
			lit, ok := n.(*ast.FuncLit)
			if ok {
				idents = append(idents, signature(lit.Type)...)
				idents = append(idents, within(lit.Body)...)
			}
			return !ok
		})
	}
	return idents
}

// within lists what a body declares, and the functions in it.
func within(body *ast.BlockStmt) (idents []*ast.Ident) {
	if body == nil {
		return nil // written in another language
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			idents = append(idents, signature(n.Type)...)
		case *ast.GenDecl:
			idents = append(idents, declared(n)...)
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				idents = append(idents, expressions(n.Lhs...)...)
			}
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				idents = append(idents, expressions(n.Key, n.Value)...)
			}
		}
		return true
	})
	return idents
}

func signature(t *ast.FuncType) []*ast.Ident {
	return append(append(fields(t.TypeParams), fields(t.Params)...), fields(t.Results)...)
}

func fields(list *ast.FieldList) (idents []*ast.Ident) {
	if list == nil {
		return nil
	}
	for _, field := range list.List {
		idents = append(idents, named(field.Names)...)
	}
	return idents
}

// expressions lists the names on the left of a definition. One that was defined before in the same block is listed again.
func expressions(list ...ast.Expr) (idents []*ast.Ident) {
	for _, e := range list {
		if ident, ok := e.(*ast.Ident); ok {
			idents = append(idents, named([]*ast.Ident{ident})...)
		}
	}
	return idents
}

func named(list []*ast.Ident) (idents []*ast.Ident) {
	for _, ident := range list {
		if ident.Name != "_" {
			idents = append(idents, ident)
		}
	}
	return idents
}
