package mapping

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"github.com/hr2coupa/hr2coupa/export"
)

// This file has the expressions that a mapping names once and uses in several columns. A variable is worked out at most once for
// each record, when an expression first needs it. So its work is bounded as that of a column is, however often it is used.

// VarsKey is the config key of the variables, for messages.
const VarsKey = "mapping.vars."

// variable is a compiled variable; its Name is its config key.
type variable struct {
	compiledColumn
	name    string
	number  int // in Mapping.vars
	state   varState
	decides bool // its result may be true or false
}

type varState uint8

const (
	varNew    varState = iota
	varBegun           // being compiled: an expression that needs it now goes in a circle
	varDone            // usable
	varBroken          // its problem was reported
)

// The names by which a rewritten tree calls a variable; no mapping can write them.
const (
	varName   = "variable "
	frameName = "frame "
)

// variables compiles the variables of a mapping, and returns them by number. Columns and conditions come after it.
func (c *compiler) variables(list []Column) []*variable {
	for _, col := range list {
		v := &variable{name: col.Name, number: len(c.vars)}
		col.Name = VarsKey + col.Name
		v.Column = col
		if message, hint := c.badName(v.name); message != "" {
			c.varProblems = append(c.varProblems, Problem{Line: col.Line, Key: col.Name, Message: message, Hint: hint})
			continue
		}
		c.vars, c.varByName[v.name] = append(c.vars, v), v
	}
	for _, v := range c.vars {
		c.define(v)
	}
	return c.vars
}

// badName returns why an expression cannot have a name, and what to do; "" if it can.
func (c *compiler) badName(name string) (message, hint string) {
	tree, err := parser.ParseWithConfig(name, c.config)
	if name == coupaName {
		return "coupa[...] is what Coupa has", "give the variable another name"
	}
	if err == nil {
		if id, ok := tree.Node.(*ast.IdentifierNode); ok && id.Value == name && !strings.HasPrefix(name, "$") {
			if c.varByName[name] == nil {
				return "", ""
			}
			return "there are two variables of this name", "keep one of the two"
		}
	}
	return "an expression cannot use this name", "letters, digits and _ make a name, such as has_left; a digit is not the first"
}

// define compiles a variable, and before it those that it needs.
func (c *compiler) define(v *variable) {
	if v.state != varNew {
		return
	}
	v.state = varBegun
	c.begun = append(c.begun, v.name)
	compiled, problems := c.expression(v.Column, func(w *rewriter, root ast.Node) { v.decides = w.valueOf(v, root) })
	c.begun = c.begun[:len(c.begun)-1]
	v.compiledColumn, v.state = compiled, varDone
	if len(problems) > 0 {
		v.state = varBroken
	}
	for _, p := range problems {
		p.Column, p.Key = "", VarsKey+v.name
		c.varProblems = append(c.varProblems, p)
	}
}

// valueOf checks the results of a variable, and reports whether they may be true or false.
func (w *rewriter) valueOf(v *variable, root ast.Node) (decides bool) {
	for _, call := range w.whole {
		_, name := calledFunction(call)
		hint := fmt.Sprintf("write it in the column, such as %s(%s)", name, v.name)
		if name == "clear" {
			hint = fmt.Sprintf("write it in the column, such as if(%s, clear(), login)", v.name)
		}
		w.advise(call, hint, "%s(...) is the whole result of a column, and no part of a variable", name)
	}
	return !slices.ContainsFunc(leaves(root), func(n ast.Node) bool { return w.isField(n) || !w.mayDecide(n) })
}

// variable rewrites the use of a variable. One that is another name for a field is that field.
func (w *rewriter) variable(n *ast.IdentifierNode, v *variable) ast.Node {
	w.define(v)
	switch {
	case v.state == varBegun:
		w.circle(n, v)
		return inPlaceOf(n, &ast.NilNode{})
	case v.state == varBroken:
		w.lame = true
		return inPlaceOf(n, &ast.NilNode{})
	case v.plain >= 0:
		return w.field(n, w.compiler.fields.names[v.plain])
	}
	for _, f := range v.fields {
		if !slices.Contains(w.fields, f) {
			w.fields = append(w.fields, f)
		}
	}
	w.reads(v.held)
	w.persons = w.persons || v.persons
	return w.ours(n, varName, inPlaceOf(n, &ast.IdentifierNode{Value: frameName}), inPlaceOf(n, &ast.IntegerNode{Value: v.number}))
}

func (w *rewriter) circle(n *ast.IdentifierNode, v *variable) {
	way := w.begun[slices.Index(w.begun, v.name):]
	if len(way) == 1 {
		w.advise(n, fmt.Sprintf("if a field is meant, write field(%q), and give the variable another name", v.name), "the variable needs itself")
		return
	}
	w.advise(n, "take one of them out of another", "the variables need each other: %s", strings.Join(append(slices.Clone(way), v.name), ", "))
}

// used returns the variable that a rewritten node uses; nil for other nodes.
func (c *compiler) used(n ast.Node) *variable {
	call, name := calledFunction(n)
	if name != varName {
		return nil
	}
	return c.vars[call.Arguments[1].(*ast.IntegerNode).Value]
}

// shadows returns the problems of variables that have the name of a field which an expression reads.
func (c *compiler) shadows() (problems []Problem) {
	for _, v := range c.vars {
		if _, read := c.fields.index[v.name]; read {
			problems = append(problems, Problem{Line: v.Line, Key: v.Name, Message: fmt.Sprintf("the mapping reads a field of this name too, as field(%q)", v.name),
				Hint: "give the variable another name"})
		}
	}
	return problems
}

// varFunction is the function by which the VM works out a variable.
var varFunction = &builtin.Function{Name: varName, Types: []reflect.Type{reflect.TypeFor[func(...any) any]()}, Func: func(args ...any) (any, error) {
	v, err := args[0].(*frame).variable(args[1].(int))
	return v.box(), err
}}

// workedOut is what a variable comes to for the frame's record.
type workedOut struct {
	value value
	err   error
	done  bool
}

// variable works out a variable, once for each record.
func (f *frame) variable(number int) (value, error) {
	k := &f.vars[number]
	if !k.done {
		k.value, k.err = f.mapper.variable(number)
		k.done = true
	}
	return k.value, k.err
}

// variable works out a variable. Each has a VM of its own, since that of the column is at work.
func (r *rowMapper) variable(number int) (value, error) {
	v := r.mapping.vars[number]
	if v.fast != nil {
		out, err := v.fast(&r.frame)
		return out, v.fails(err)
	}
	out, err := r.runOn(&r.varVMs[number], &v.compiledColumn)
	return out, v.fails(err)
}

// varError is why a variable could not be worked out. It holds no value of a person.
type varError struct{ text string }

func (e *varError) Error() string { return e.text }

// fails names the variable in an error, and the place in its expression.
func (v *variable) fails(err error) error {
	if unknown := new(unknownPersonError); err == nil || notHeld(err) != nil || errors.As(err, &unknown) {
		return err
	}
	cause, at := safeCause(err)
	where := ""
	if at >= 0 {
		where = fmt.Sprintf(" at character %d", at+1)
	}
	return &varError{fmt.Sprintf("variable %s, expression %s: %s%s", v.name, shorten(v.Expr), cause, where)}
}

func newVMs(n int) []vm.VM {
	vms := make([]vm.VM, n)
	for i := range vms {
		vms[i].MemoryBudget = vmBudget
	}
	return vms
}

// overlaid returns an error if a variable has the name of a field of a header: which of the two an expression means would not
// be clear to a reader.
func (m *Mapping) overlaid(h *export.Header) error {
	for _, v := range m.vars {
		if h.Index(v.name) >= 0 {
			return export.Hint(fmt.Errorf("%s%s on line %d of the config has the name of a field", VarsKey, v.name, v.Line), "give the variable another name")
		}
	}
	return nil
}
