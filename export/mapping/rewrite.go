package mapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/file"

	"github.com/hr2coupa/hr2coupa/export"
)

// rewriter checks one parsed expression against our rules and rewrites it into the form that is compiled:
//
//	title, field("Employee ID")  an identifier with fieldPrefix
//	today()                      the identifier todayName
//	has_left, a variable         a call of varName
//	coupa["Status"]              a call of heldName
//	person(manager).login        a call of otherPerson
//	if(c, a, b)                  c ? a : b, which evaluates only one
//	a + b                        a call of plusName
//	a matches b                  a call of matchesName
//	a[i]                         a call of elementName, which knows nil
//	filter(x, ...)               x in a call of elementsName, so that nil has no elements
//	""                           nil
//
// It reports everything it finds, not only the first problem.
type rewriter struct {
	*compiler
	complaints []complaint
	fields     []int          // fields read, each once
	persons    bool           // it reads other people
	held       []int          // what is read of Coupa's users, each once
	scope      map[string]int // variables of let, counted
	predicate  bool           // inside a predicate
	outer      []*ast.CallNode
	whole      []*ast.CallNode // calls of clear and replace
	lame       bool            // it uses a variable that is broken
}

type complaint struct {
	at            file.Location
	message, hint string
}

func (w *rewriter) complain(n ast.Node, format string, args ...any) {
	w.advise(n, "", format, args...)
}

// advise adds a problem with what to do.
func (w *rewriter) advise(n ast.Node, hint, format string, args ...any) {
	c := complaint{n.Location(), fmt.Sprintf(format, args...), hint}
	if !slices.Contains(w.complaints, c) {
		w.complaints = append(w.complaints, c)
	}
}

func (w *rewriter) node(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.NilNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
	case *ast.StringNode:
		if n.Value == "" {
			return inPlaceOf(n, &ast.NilNode{})
		}
	case *ast.IdentifierNode:
		return w.identifier(n)
	case *ast.UnaryNode:
		n.Node = w.node(n.Node)
		if n.Operator == "not" || n.Operator == "!" {
			w.condition(n.Node)
		}
	case *ast.BinaryNode:
		return w.binary(n)
	case *ast.ConditionalNode:
		n.Cond, n.Exp1, n.Exp2 = w.node(n.Cond), w.node(n.Exp1), w.node(n.Exp2)
		w.condition(n.Cond)
	case *ast.CallNode:
		return w.call(n)
	case *ast.BuiltinNode:
		return w.builtin(n)
	case *ast.PredicateNode:
		n.Node = w.node(n.Node)
	case *ast.PointerNode:
		if n.Name != "" && n.Name != "index" {
			w.complain(n, "#%s is not available in mappings", n.Name)
		}
	case *ast.MemberNode:
		return w.member(n)
	case *ast.VariableDeclaratorNode:
		if w.varByName[n.Name] != nil {
			w.advise(n, "give one of the two another name", "let %s has the name of %s%s", n.Name, VarsKey, n.Name)
		}
		n.Value = w.node(n.Value)
		w.scope[n.Name]++
		n.Expr = w.node(n.Expr)
		w.scope[n.Name]--
	case *ast.ArrayNode:
		w.nodes(n.Nodes)
	default:
		w.advise(n, "use a table, substring(...) or split(...)", "this form is not available in mappings")
	}
	return n
}

func (w *rewriter) nodes(list []ast.Node) {
	for i := range list {
		list[i] = w.node(list[i])
	}
}

// ours replaces a node by a call of one of our functions.
func (w *rewriter) ours(n ast.Node, name string, args ...ast.Node) ast.Node {
	return inPlaceOf(n, &ast.CallNode{Callee: inPlaceOf(n, &ast.IdentifierNode{Value: name}), Arguments: args})
}

// inPlaceOf returns the new node with the place of the old one.
func inPlaceOf(old, n ast.Node) ast.Node {
	n.SetLocation(old.Location())
	return n
}

func (w *rewriter) identifier(n *ast.IdentifierNode) ast.Node {
	if w.scope[n.Value] > 0 || w.isField(n) || n.Value == workName || n.Value == todayName || n.Value == frameName { // a ?: b and a < b < c contain a node twice
		return n
	}
	if strings.HasPrefix(n.Value, "$") {
		w.advise(n, fmt.Sprintf("write a field of that name as field(%q)", n.Value), "%s is not available in mappings", n.Value)
		return n
	}
	if v := w.varByName[n.Value]; v != nil {
		return w.variable(n, v)
	}
	return w.field(n, n.Value)
}

func (w *rewriter) field(n ast.Node, name string) ast.Node {
	if i := w.compiler.fields.add(name); !slices.Contains(w.fields, i) {
		w.fields = append(w.fields, i)
	}
	return inPlaceOf(n, &ast.IdentifierNode{Value: fieldPrefix + name})
}

func (w *rewriter) binary(n *ast.BinaryNode) ast.Node {
	n.Left, n.Right = w.node(n.Left), w.node(n.Right)
	switch n.Operator {
	case "..", "**", "^":
		w.complain(n, "the operator %s is not available in mappings", n.Operator)
	case "==", "!=", "<", ">", "<=", ">=":
		w.comparison(n.Left, n.Right)
		w.comparison(n.Right, n.Left)
	case "&&", "and", "||", "or":
		w.condition(n.Left)
		w.condition(n.Right)
	case "+":
		return w.ours(n, plusName, n.Left, n.Right)
	case "matches":
		call := w.ours(n, matchesName, n.Left, n.Right)
		w.function(call.(*ast.CallNode), matchesName)
		return call
	}
	return n
}

// comparison adds a problem for a comparison that is never true: a field is text, whatever it looks like.
func (w *rewriter) comparison(field, with ast.Node) {
	if !w.isField(field) {
		return
	}
	switch with := with.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		w.advise(field, fmt.Sprintf("compare it with %q, or write int(...)", with.String()), "an HR field is text, not a number")
	case *ast.BoolNode:
		w.advise(field, fmt.Sprintf("compare it with %q, or write yesno(...)", with.String()), "an HR field is text, not true or false")
	}
}

func (w *rewriter) condition(n ast.Node) {
	if w.isField(n) {
		w.advise(n, `compare it with something, such as == "Yes"`, "an HR field is text, not a condition")
	}
	if v := w.used(n); v != nil && !v.decides {
		w.advise(n, `compare it with something, such as == "Yes"`, "the variable %s is not true or false", v.name)
	}
}

func (w *rewriter) isField(n ast.Node) bool {
	id, ok := n.(*ast.IdentifierNode)
	return ok && w.fieldNumber(id) >= 0
}

func (w *rewriter) member(n *ast.MemberNode) ast.Node {
	if held, ok := w.heldColumn(n); ok {
		return held
	}
	if part, ok := w.personPart(n); ok {
		return part
	}
	if property, ok := n.Property.(*ast.StringNode); ok {
		w.advise(n, fmt.Sprintf(`write a field whose name has a dot as field("name.%s")`, property.Value), "fields have no parts")
		return n
	}
	n.Node, n.Property = w.node(n.Node), w.node(n.Property)
	if w.isField(n.Node) {
		w.advise(n, "write substring(...) or split(...)[0]", "an HR field is text, not a list")
	}
	return w.ours(n, elementName, n.Node, n.Property)
}

func (w *rewriter) builtin(n *ast.BuiltinNode) ast.Node {
	if !slices.Contains(predicates, n.Name) {
		w.complain(n, "%s is not available in mappings", n.Name)
		return n
	}
	if w.predicate {
		w.complain(n, "%s is inside another predicate, and only one level is allowed", n.Name)
		return n
	}
	if len(n.Arguments) == 0 {
		w.complain(n, "%s needs a list", n.Name)
		return n
	}
	n.Arguments[0] = w.ours(n, elementsName, w.node(n.Arguments[0]))
	w.predicate = true
	w.nodes(n.Arguments[1:])
	w.predicate = false
	return n
}

func (w *rewriter) call(n *ast.CallNode) ast.Node {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		w.complain(n, "only functions can be called")
		return n
	}
	switch callee.Value {
	case varName, heldName, otherPerson: // done: a ?: b and a < b < c contain a node twice
		return n
	case "field":
		name, ok := constantText(n.Arguments, 0)
		if !ok || len(n.Arguments) != 1 {
			w.advise(n, `write field("Employee ID")`, "field needs the field's name as text")
			return n
		}
		return w.field(n, name)
	case "if":
		return w.ifCall(n)
	case personName:
		w.advise(n, "write person(manager_id).login", "person(...) has %s", strings.Join(PersonParts, ", "))
		return n
	case "today":
		if len(n.Arguments) > 0 {
			w.advise(n, "write today()", "today takes no argument, here are %d", len(n.Arguments))
			return n
		}
		w.compiler.today = true
		return inPlaceOf(n, &ast.IdentifierNode{Value: todayName})
	}
	w.nodes(n.Arguments)
	w.function(n, callee.Value)
	return n
}

func (w *rewriter) ifCall(n *ast.CallNode) ast.Node {
	w.nodes(n.Arguments)
	switch len(n.Arguments) {
	case 2:
		n.Arguments = append(n.Arguments, inPlaceOf(n, &ast.NilNode{}))
	case 3:
	default:
		w.advise(n, "write if(condition, a, b)", "if takes a condition and two values")
		return n
	}
	w.condition(n.Arguments[0])
	return inPlaceOf(n, &ast.ConditionalNode{Ternary: true, Cond: n.Arguments[0], Exp1: n.Arguments[1], Exp2: n.Arguments[2]})
}

// function checks the number of arguments and the constant arguments of a call of one of our functions.
func (w *rewriter) function(n *ast.CallNode, name string) {
	if isWorker(n) { // done
		return
	}
	f := w.library.functions[name]
	_, known := builtin.Index[name]
	given := len(n.Arguments)
	switch {
	case name == "now":
		w.advise(n, "write today(): it is the same day for every record and, in a saved plan, whenever that is applied", "now is not available in mappings")
		return
	case f == nil && known:
		w.complain(n, "%s is not available in mappings", name)
		return
	case f == nil:
		w.advise(n, didYouMean(name, w.library.names()), "unknown function %s", name)
		return
	case given < f.min || f.max >= 0 && given > f.max:
		w.complain(n, "%s takes %s, here are %d", name, f.arity(), given)
		return
	case name == "clear" || wholeList(name):
		w.whole = append(w.whole, n)
	}
	constant := func(i int) (string, bool) { return constantText(n.Arguments, i) }
	if i, err := w.library.prepare(name, given, constant); err != nil {
		w.advise(n.Arguments[i], export.HintText(err), "%s: %v", name, err)
	}
	if name == "regexReplace" || name == matchesName {
		n.Arguments = append(n.Arguments, inPlaceOf(n, &ast.IdentifierNode{Value: workName}))
	}
}

// isWorker reports whether a call already has the variable of the record's work.
func isWorker(n *ast.CallNode) bool {
	if len(n.Arguments) == 0 {
		return false
	}
	id, ok := n.Arguments[len(n.Arguments)-1].(*ast.IdentifierNode)
	return ok && id.Value == workName
}

func (f *ownFunction) arity() string {
	switch {
	case f.max < 0:
		return fmt.Sprintf("at least %d argument(s)", f.min)
	case f.min == f.max:
		return fmt.Sprintf("%d argument(s)", f.min)
	}
	return fmt.Sprintf("%d to %d arguments", f.min, f.max)
}

func constantText(args []ast.Node, i int) (string, bool) {
	if i >= len(args) {
		return "", false
	}
	switch n := args[i].(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.NilNode: // the form of "" after rewriting
		return "", true
	}
	return "", false
}

// results checks the possible results of an expression. clear() and replace(...) are allowed only there, and a list
// column allows nothing else.
func (w *rewriter) results(root ast.Node, list bool) {
	for _, leaf := range leaves(root) {
		call, name := calledFunction(leaf)
		_, isNil := leaf.(*ast.NilNode)
		switch {
		case name == "clear", wholeList(name) && list:
			w.outer = append(w.outer, call)
		case wholeList(name):
			w.outer = append(w.outer, call)
			w.complain(leaf, "%s(...) is for list columns, this column holds one value", name)
		case list && !isNil:
			w.advise(leaf, "write replace(...) with the whole list, merge(coupa[...], ...) or clear()", "a list column replaces what Coupa holds")
		}
	}
	for _, call := range w.whole {
		if !slices.Contains(w.outer, call) {
			_, name := calledFunction(call)
			w.complain(call, "%s(...) is a whole result: it may stand after ?, : and ??, but not inside another expression", name)
		}
	}
}

// truth checks the possible results of a condition: each must be able to be true or false.
func (w *rewriter) truth(root ast.Node) {
	w.results(root, false)
	for _, leaf := range leaves(root) {
		w.condition(leaf)
		if !w.isField(leaf) && w.used(leaf) == nil && !w.mayDecide(leaf) {
			w.advise(leaf, `compare something, such as position == "Primary"`, "the result is not true or false")
		}
	}
}

// mayDecide reports whether the result of a rewritten node may be true or false.
func (c *compiler) mayDecide(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.NilNode, *ast.IntegerNode, *ast.FloatNode, *ast.StringNode, *ast.ArrayNode:
		return false
	case *ast.UnaryNode:
		return n.Operator == "not" || n.Operator == "!"
	case *ast.BinaryNode:
		return !slices.Contains([]string{"-", "*", "/", "%"}, n.Operator)
	case *ast.BuiltinNode:
		return slices.Contains([]string{"all", "any", "none", "one", "find"}, n.Name)
	case *ast.CallNode:
		if v := c.used(n); v != nil {
			return v.decides
		}
		_, name := calledFunction(n)
		return slices.Contains([]string{matchesName, elementName, "first", "last"}, name)
	}
	return true
}

func calledFunction(n ast.Node) (*ast.CallNode, string) {
	call, ok := n.(*ast.CallNode)
	if !ok {
		return nil, ""
	}
	id, ok := call.Callee.(*ast.IdentifierNode)
	if !ok {
		return nil, ""
	}
	return call, id.Value
}

// leaves returns the nodes that can be an expression's result.
func leaves(n ast.Node) []ast.Node {
	switch n := n.(type) {
	case *ast.ConditionalNode:
		return append(leaves(n.Exp1), leaves(n.Exp2)...)
	case *ast.VariableDeclaratorNode:
		return leaves(n.Expr)
	case *ast.BinaryNode:
		if n.Operator == "??" {
			return append(leaves(n.Left), leaves(n.Right)...)
		}
	}
	return []ast.Node{n}
}
