package mapping

import (
	"errors"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm/runtime"

	"github.com/hr2coupa/hr2coupa/export"
)

// This file is a second, smaller machine for expressions. The usual ones (functions, fields, constants, ??, if, == and
// the like) become Go closures over unboxed text, several times as fast as the VM and mostly without allocation. An
// expression with any other node runs on the VM. Both must agree on every record: TestPathsAgree.

// evaluator evaluates a node on the frame's record. It stores nothing between calls: mappers share it.
type evaluator func(f *frame) (value, error)

// frame is the state on which one mapper evaluates.
type frame struct {
	rec   *export.Record
	at    []int    // a field's place in rec.Values, by number
	stack []value  // arguments of the calls under way
	only  [1]value // the argument of a call that has one
	today any      // what today() returns, boxed once

	vars   []workedOut // by variable, for the record; none where the mapping has none
	mapper *rowMapper  // works them out
	work   int         // work that regular expressions may still do for the record
}

// field returns a field's value. A blank is nil.
func (f *frame) field(i int) string {
	at := f.at[i]
	if f.rec.Missing != nil && f.rec.Missing[at] {
		return ""
	}
	return f.rec.Values[at]
}

// placedError is an error at a character of the expression, counted from 0.
type placedError struct {
	at    int
	cause error
}

func (e *placedError) Error() string { return e.cause.Error() }
func (e *placedError) Unwrap() error { return e.cause }

var errCondition = errors.New("the condition is neither true nor false: compare it with something")

// closure compiles a rewritten node, or returns nil where it needs the VM.
func (c *compiler) closure(n ast.Node) evaluator {
	switch n := n.(type) {
	case *ast.NilNode:
		return constantValue(value{})
	case *ast.StringNode:
		return constantValue(textValue(n.Value))
	case *ast.IntegerNode:
		return constantValue(value{any: n.Value})
	case *ast.FloatNode:
		return constantValue(value{any: n.Value})
	case *ast.BoolNode:
		return constantValue(value{any: n.Value})
	case *ast.IdentifierNode:
		if i := c.fieldNumber(n); i >= 0 {
			return func(f *frame) (value, error) { return textValue(f.field(i)), nil }
		}
		if n.Value == workName {
			return func(f *frame) (value, error) { return value{any: &f.work}, nil }
		}
		if n.Value == todayName {
			return func(f *frame) (value, error) { return value{any: f.today}, nil }
		}
	case *ast.UnaryNode:
		return c.not(n)
	case *ast.BinaryNode:
		return c.operator(n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.CallNode:
		return c.call(n)
	}
	return nil
}

func constantValue(v value) evaluator { return func(*frame) (value, error) { return v, nil } }

// all compiles several nodes; ok is false where one needs the VM.
func (c *compiler) all(nodes ...ast.Node) (out []evaluator, ok bool) {
	for _, n := range nodes {
		e := c.closure(n)
		if e == nil {
			return nil, false
		}
		out = append(out, e)
	}
	return out, true
}

func (c *compiler) operator(n *ast.BinaryNode) evaluator {
	sides, ok := c.all(n.Left, n.Right)
	if !ok {
		return nil
	}
	left, right := sides[0], sides[1]
	switch n.Operator {
	case "??":
		return func(f *frame) (value, error) {
			v, err := left(f)
			if err != nil || !v.isNil() {
				return v, err
			}
			return right(f)
		}
	case "==", "!=":
		equal := n.Operator == "=="
		return func(f *frame) (value, error) {
			a, err := left(f)
			if err != nil {
				return value{}, err
			}
			b, err := right(f)
			return value{any: same(a, b) == equal}, err
		}
	case "&&", "and":
		return shortcut(left, right, false, n.Location().From)
	case "||", "or":
		return shortcut(left, right, true, n.Location().From)
	}
	return nil
}

// same reports whether two values are equal, as the VM does, without boxing where one side is text or nil.
func same(a, b value) bool {
	if a.any == nil && b.any == nil {
		return a.text == b.text
	}
	return runtime.Equal(a.box(), b.box())
}

// shortcut returns the evaluator of && (ends is false) or || (ends is true).
func shortcut(left, right evaluator, ends bool, at int) evaluator {
	return func(f *frame) (value, error) {
		v, err := left(f)
		if err != nil {
			return v, err
		}
		b, ok := v.any.(bool)
		if !ok {
			return value{}, &placedError{at, errCondition}
		}
		if b == ends {
			return v, nil
		}
		return right(f)
	}
}

func (c *compiler) not(n *ast.UnaryNode) evaluator {
	if n.Operator != "!" && n.Operator != "not" {
		return nil
	}
	operand := c.closure(n.Node)
	if operand == nil {
		return nil
	}
	return func(f *frame) (value, error) {
		v, err := operand(f)
		if err != nil {
			return v, err
		}
		b, ok := v.any.(bool)
		if !ok {
			return value{}, &placedError{n.Location().From, errCondition}
		}
		return value{any: !b}, nil
	}
}

func (c *compiler) conditional(n *ast.ConditionalNode) evaluator {
	parts, ok := c.all(n.Cond, n.Exp1, n.Exp2)
	if !ok {
		return nil
	}
	at := n.Cond.Location().From
	return func(f *frame) (value, error) {
		v, err := parts[0](f)
		if err != nil {
			return v, err
		}
		b, ok := v.any.(bool)
		if !ok {
			return value{}, &placedError{at, errCondition}
		}
		if b {
			return parts[1](f)
		}
		return parts[2](f)
	}
}

// call returns an evaluator that puts the arguments onto the frame's stack, so that no call allocates.
func (c *compiler) call(n *ast.CallNode) evaluator {
	if v := c.used(n); v != nil {
		number := v.number
		return func(f *frame) (value, error) { return f.variable(number) }
	}
	if number, ok := c.heldNumber(n); ok {
		return func(f *frame) (value, error) { return f.held(number) }
	}
	if part, whom, ok := c.personOf(n); ok {
		key := c.closure(whom)
		if key == nil {
			return nil
		}
		return func(f *frame) (value, error) {
			v, err := key(f)
			if err != nil {
				return v, err
			}
			return f.person(part, v)
		}
	}
	args, ok := c.all(n.Arguments...)
	_, name := calledFunction(n)
	fn := c.library.functions[name]
	if !ok || fn == nil {
		return nil
	}
	at := n.Location().From
	if t, ok := c.tableOf(n, name); ok {
		return unary(t.find, name, args[1], at)
	}
	if len(args) == 1 {
		return unary(fn.call, name, args[0], at)
	}
	return func(f *frame) (value, error) {
		base := len(f.stack)
		for _, arg := range args {
			v, err := arg(f)
			if err != nil {
				f.stack = f.stack[:base]
				return value{}, err
			}
			f.stack = append(f.stack, v)
		}
		v, err := fn.call(f.stack[base:])
		f.stack = f.stack[:base]
		if err != nil {
			return value{}, &placedError{at, &callError{name, err}}
		}
		return v, nil
	}
}

// unary returns the evaluator of a call with one argument, which needs no stack.
func unary(call func([]value) (value, error), name string, arg evaluator, at int) evaluator {
	return func(f *frame) (v value, err error) {
		if f.only[0], err = arg(f); err != nil {
			return value{}, err
		}
		if v, err = call(f.only[:]); err != nil {
			return value{}, &placedError{at, &callError{name, err}}
		}
		return v, nil
	}
}

// tableOf returns the table of a look-up by one key in a table with a constant name, as in most look-ups.
func (c *compiler) tableOf(n *ast.CallNode, function string) (*lookupTable, bool) {
	if function != "lookup" || len(n.Arguments) != 2 {
		return nil, false
	}
	name, ok := n.Arguments[0].(*ast.StringNode)
	if !ok {
		return nil, false
	}
	t := c.library.tables[name.Value]
	return t, t != nil && t.keys == 1
}
