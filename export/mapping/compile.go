package mapping

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/checker"
	exprcompiler "github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"github.com/hr2coupa/hr2coupa/export"
)

const (
	maxExpr  = 4096 // bytes of an expression; this also bounds its nesting
	maxNodes = 1000 // nodes of its tree
)

// predicates are the only built-in functions of expr that stay. Every other one is replaced by ours, or removed because
// it reads the clock, grows without bound, or returns what no cell can hold.
var predicates = []string{"all", "any", "none", "one", "filter", "map", "find", "count"}

// compiledExpr is a compiled expression. A plain field has neither fast nor program.
type compiledExpr struct {
	fields  []int       // numbers of the fields it reads
	held    []int       // numbers of what it reads of Coupa's users
	persons bool        // it reads other people
	fast    evaluator   // nil where a node needs the VM
	program *vm.Program // shared by all mappers
}

// compiler compiles the columns of one mapping.
type compiler struct {
	library *library
	config  *conf.Config
	fields  *fieldSet
	today   bool // an expression reads the day of the run
	coupa   Coupa
	held    []export.Element // that expressions read of Coupa's users, by number
	persons bool             // an expression reads other people

	vars        []*variable // by number
	varByName   map[string]*variable
	begun       []string // variables that are being compiled, each needed by the one before
	varProblems []Problem
}

func newCompiler(l *library) *compiler {
	return &compiler{library: l, config: newConfig(l), fields: &fieldSet{index: map[string]int{}}, varByName: map[string]*variable{}}
}

func newConfig(l *library) *conf.Config {
	c := conf.New(map[string]any{})
	c.Strict = false // the fields are known only from the expressions
	c.MaxNodes = maxNodes
	c.DisableIfOperator = true // this frees the name if for if(condition, a, b)
	for _, b := range builtin.Builtins {
		if !slices.Contains(predicates, b.Name) {
			c.Disabled[b.Name] = true
			delete(c.Builtins, b.Name)
		}
	}
	for name, f := range l.functions {
		c.Functions[name] = &builtin.Function{Name: name, Func: f.vmCall, Types: []reflect.Type{reflect.TypeFor[func(...any) any]()}}
	}
	c.Functions[varName], c.Functions[heldName], c.Functions[otherPerson] = varFunction, heldFunction, personFunction
	return c
}

// column compiles one column.
func (c *compiler) column(col Column) (compiledColumn, []Problem) {
	return c.expression(col, func(w *rewriter, root ast.Node) {
		w.results(root, col.List)
		w.changed(root, col)
	})
}

// expression compiles an expression; check complains about results that it must not have. expr's parser and compiler get
// what a person typed, so a panic of theirs becomes a problem.
func (c *compiler) expression(col Column, check func(*rewriter, ast.Node)) (out compiledColumn, problems []Problem) {
	defer func() {
		if r := recover(); r != nil {
			out, problems = compiledColumn{}, []Problem{c.problem(col, file.Location{}, "the expression cannot be understood", "write it more simply")}
		}
	}()
	out = compiledColumn{Column: col, plain: -1}
	tree, problem := c.parse(col)
	if problem != nil {
		return out, []Problem{*problem}
	}
	w := &rewriter{compiler: c, scope: map[string]int{}}
	tree.Node = w.node(tree.Node)
	check(w, tree.Node)
	if w.lame && len(w.complaints) == 0 { // a variable is broken, and reported
		return out, nil
	}
	if len(w.complaints) > 0 {
		for _, p := range w.complaints {
			problems = append(problems, c.problem(col, p.at, p.message, p.hint))
		}
		return out, problems
	}
	out.fields, out.held, out.persons = w.fields, w.held, w.persons
	c.trace(tree.Node, &out.from)
	if f, ok := tree.Node.(*ast.IdentifierNode); ok {
		out.plain = c.fieldNumber(f)
		return out, nil
	}
	out.fast = c.closure(tree.Node)
	program, err := c.program(tree)
	if err != nil {
		return out, []Problem{c.exprProblem(col, err)}
	}
	out.program = program
	return out, nil
}

// condition compiles a condition, as a column with the name of its key.
func (c *compiler) condition(cond Condition) (out compiledColumn, problems []Problem) {
	out, problems = c.expression(Column{Name: cond.Key, Expr: cond.Expr, Line: cond.Line}, func(w *rewriter, root ast.Node) {
		w.truth(root)
		if len(w.held) > 0 {
			w.advise(root, "write the condition over HR's fields", "a condition is needed before Coupa is asked, and cannot read coupa[...]")
		}
		if w.persons {
			w.advise(root, "write the condition over HR's fields", "a condition is needed before anyone is looked for, and cannot read person(...)")
		}
	})
	for i := range problems {
		problems[i].Column, problems[i].Key = "", cond.Key
	}
	return out, problems
}

func (c *compiler) parse(col Column) (*parser.Tree, *Problem) {
	complain := func(message, hint string) (*parser.Tree, *Problem) {
		p := c.problem(col, file.Location{}, message, hint)
		p.Pos = 0
		return nil, &p
	}
	switch {
	case strings.TrimSpace(col.Expr) == "":
		return complain("there is no expression", "name an HR field, or remove the line")
	case len(col.Expr) > maxExpr:
		return complain(fmt.Sprintf("the expression is longer than %d bytes", maxExpr), "use a table")
	}
	tree, err := parser.ParseWithConfig(col.Expr, c.config)
	if err != nil {
		p := c.exprProblem(col, err)
		return nil, &p
	}
	return tree, nil
}

// program compiles the rewritten tree for the VM. It does not use expr's optimizer, which changes what is an error (x
// && true becomes x), so that the two paths would not agree.
func (c *compiler) program(tree *parser.Tree) (*vm.Program, error) {
	if _, err := checker.Check(tree, c.config); err != nil {
		return nil, err
	}
	return exprcompiler.Compile(tree, c.config)
}

func (c *compiler) problem(col Column, at file.Location, message, hint string) Problem {
	return Problem{Line: col.Line, Column: col.Name, Expr: col.Expr, Pos: at.From + 1, Message: message, Hint: hint}
}

// exprProblem returns an error of expr as a Problem.
func (c *compiler) exprProblem(col Column, err error) Problem {
	var at *file.Error
	if !errors.As(err, &at) {
		p := c.problem(col, file.Location{}, err.Error(), "")
		p.Pos = 0
		return p
	}
	message := strings.ToLower(at.Message[:min(1, len(at.Message))]) + at.Message[min(1, len(at.Message)):]
	hint := ""
	if strings.HasPrefix(message, "unexpected token Identifier") {
		hint = `write a field whose name has blanks or signs as field("Employee ID")`
	}
	return c.problem(col, at.Location, message, hint)
}

// fieldPrefix begins the names of fields in a rewritten tree; no variable of an expression can have such a name.
const fieldPrefix = "field "

// fieldNumber returns the number of a field that the rewriter marked, -1 for other identifiers.
func (c *compiler) fieldNumber(n *ast.IdentifierNode) int {
	name, ok := strings.CutPrefix(n.Value, fieldPrefix)
	if !ok {
		return -1
	}
	return c.fields.index[name]
}
