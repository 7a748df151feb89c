package mapping

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

// This file has what expressions read of other people: person(manager_id).login.

// People finds people by HR's key of them.
type People interface {
	// Of returns what a part of person(...) is of a person: one of PersonParts. ok is false where it is not known.
	Of(key, part string) (text string, ok bool)
}

// PersonParts are what an expression can read of a person.
var PersonParts = []string{"login", "email", "employee_number"}

// The names by which a mapping reads people, and by which a rewritten tree does; no mapping can write the latter.
const (
	personName  = "person"
	otherPerson = "person "
)

// AsksPeople reports whether an expression reads other people.
func (m *Mapping) AsksPeople() bool { return m.persons }

// ReadsPeople reports whether the expression of a column reads other people.
func (m *Mapping) ReadsPeople(column string) bool {
	return slices.ContainsFunc(m.columns, func(c compiledColumn) bool { return c.Name == column && c.persons })
}

// With returns the mapping with the people whom person(...) finds.
func (m *Mapping) With(people People) *Mapping {
	with := *m
	with.people = people
	return &with
}

// personPart rewrites person(KEY).PART; ok is false for any other node.
func (w *rewriter) personPart(n *ast.MemberNode) (ast.Node, bool) {
	call, ok := n.Node.(*ast.CallNode)
	if !ok {
		return nil, false
	}
	if id, ok := call.Callee.(*ast.IdentifierNode); !ok || id.Value != personName {
		return nil, false
	}
	part, _ := n.Property.(*ast.StringNode)
	if part == nil || !slices.Contains(PersonParts, part.Value) {
		w.advise(n, "write person(manager_id).login", "person(...) has %s", strings.Join(PersonParts, ", "))
		return n, true
	}
	if len(call.Arguments) != 1 {
		w.advise(n, "write person(manager_id).login", "person takes the value of feed.key of a person, here are %d arguments", len(call.Arguments))
		return n, true
	}
	w.compiler.persons, w.persons = true, true
	i := slices.Index(PersonParts, part.Value)
	return w.ours(n, otherPerson, inPlaceOf(n, &ast.IdentifierNode{Value: frameName}), inPlaceOf(n, &ast.IntegerNode{Value: i}), w.node(call.Arguments[0])), true
}

// personOf returns which part of whom a rewritten node reads.
func (c *compiler) personOf(n ast.Node) (part string, whom ast.Node, ok bool) {
	call, name := calledFunction(n)
	if name != otherPerson {
		return "", nil, false
	}
	return PersonParts[call.Arguments[1].(*ast.IntegerNode).Value], call.Arguments[2], true
}

// personFunction is the function by which the VM reads people.
var personFunction = &builtin.Function{Name: otherPerson, Types: []reflect.Type{reflect.TypeFor[func(...any) any]()}, Func: func(args ...any) (any, error) {
	v, err := args[0].(*frame).person(PersonParts[args[1].(int)], boxed(args[2]))
	return v.box(), err
}}

// person returns a part of a person; nil where no one is named.
func (f *frame) person(part string, whom value) (value, error) {
	key, err := whom.scalar()
	if err != nil {
		return value{}, &callError{personName, err}
	}
	if key = alike.Tidy(key); key == "" {
		return value{}, nil
	}
	people := f.mapper.mapping.people
	if people == nil {
		return value{}, &unknownPersonError{key, part, sayNoPeople}
	}
	text, ok := people.Of(key, part)
	if !ok {
		return value{}, &unknownPersonError{key, part, sayNobody}
	}
	return textValue(text), nil
}

// unknownPersonError is why a part of a person is not known. The sentences have lines in templates/causes.csv, and do not have the key.
type unknownPersonError struct{ key, part, why string }

const (
	sayNobody   = "is of a person who is not in the feed, and whose %s is not known otherwise"
	sayNoPeople = "is of a person whose %s is not looked for here"
)

func (e *unknownPersonError) Error() string {
	return fmt.Sprintf(e.why, strings.ReplaceAll(e.part, "_", " "))
}

// unknownPerson returns the fault of a column whose expression names a person who is not known; ok is false for every other error.
func (r *rowMapper) unknownPerson(c *compiledColumn, err error) (f export.Fault, ok bool) {
	var unknown *unknownPersonError
	if !errors.As(err, &unknown) {
		return f, false
	}
	return export.Fault{Origin: export.Origin{Line: r.frame.rec.Line}, Field: c.Name, Rule: "person", Message: unknown.Error(), Value: export.AtStake(c.Name, unknown.key)}, true
}
