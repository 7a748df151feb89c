package mapping

import (
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/expr-lang/expr/ast"

	"github.com/hr2coupa/hr2coupa/export"
)

// This file keeps the word by which Coupa empties a list out of HR's data. A person with roles that HR exports as
// --NULL-- would lose all of them by accident. The word is sent only where the mapping itself holds it: as text in the
// expression, or as a value of a table.

var errWord = errors.New("holds " + export.NullWord + ", by which Coupa takes away what it holds") // templates/causes.csv says by this text what to do

// isWord reports whether a text is the word. Case, blanks and invisible characters do not count: it is not documented
// what Coupa ignores.
func isWord(s string) bool { // nearly every cell is decided without a call
	return s != "" && begins[s[0]] && spellsWord(s) // by its first byte, since a branch on the length is often mispredicted
}

// begins are the bytes at which the word, or invisible characters before it, can begin.
var begins = func() (b [256]bool) {
	b['-'] = true
	for _, table := range invisible {
		for _, r := range table.R16 {
			for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
				b[string(c)[0]] = true
			}
		}
		for _, r := range table.R32 {
			for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
				b[string(c)[0]] = true
			}
		}
	}
	return b
}()

// invisible are the characters that cannot be seen.
var invisible = []*unicode.RangeTable{unicode.White_Space, unicode.Cc, unicode.Cf}

func spellsWord(s string) bool {
	at := 0
	for _, r := range s {
		switch {
		case unseen(r):
		case at < len(export.NullWord) && unicode.ToUpper(r) == rune(export.NullWord[at]):
			at++
		default:
			return false
		}
	}
	return at == len(export.NullWord)
}

func unseen(r rune) bool {
	if r < 0x80 {
		return r <= ' ' || r == 0x7f
	}
	return unicode.In(r, invisible...)
}

// hasWord reports whether the word occurs anywhere in a text.
func hasWord(s string) bool {
	if strings.Count(s, "-") < strings.Count(export.NullWord, "-") {
		return false
	}
	seen := strings.Map(func(r rune) rune {
		if unseen(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, s)
	return strings.Contains(seen, export.NullWord)
}

// orders reports whether Coupa may take a cell for an order: the cell is the word or, in a list, one of its items is.
func orders(s string, list bool) bool {
	if !list || !strings.Contains(s, ",") {
		return isWord(s)
	}
	for item := range strings.SplitSeq(s, ",") {
		if isWord(item) {
			return true
		}
	}
	return false
}

// sources are the possible origins of the text of an expression's result.
type sources struct {
	fields []int // HR's fields
	word   bool  // the mapping itself holds the word
	each   bool  // the elements of the list that a predicate works on
}

// trace adds the sources of a rewritten node. Conditions, comparisons and the keys of a look-up are not part of the
// result.
func (c *compiler) trace(n ast.Node, s *sources) {
	switch n := n.(type) {
	case *ast.StringNode:
		s.word = s.word || hasWord(n.Value)
	case *ast.IdentifierNode:
		if i := c.fieldNumber(n); i >= 0 && !slices.Contains(s.fields, i) {
			s.fields = append(s.fields, i)
		}
	case *ast.BinaryNode:
		if n.Operator == "??" {
			c.traceAll(s, n.Left, n.Right)
		}
	case *ast.ConditionalNode:
		c.traceAll(s, n.Exp1, n.Exp2)
	case *ast.VariableDeclaratorNode:
		c.traceAll(s, n.Value, n.Expr)
	case *ast.ArrayNode:
		c.traceAll(s, n.Nodes...)
	case *ast.PredicateNode:
		c.trace(n.Node, s)
	case *ast.PointerNode:
		s.each = true
	case *ast.BuiltinNode:
		c.tracePredicate(n, s)
	case *ast.CallNode:
		if v := c.used(n); v != nil {
			s.word = s.word || v.from.word
			for _, f := range v.from.fields {
				if !slices.Contains(s.fields, f) {
					s.fields = append(s.fields, f)
				}
			}
			return
		}
		if _, name := calledFunction(n); name == "lookup" {
			s.word = s.word || c.tableSays(n)
			return
		}
		c.traceAll(s, n.Arguments...)
	}
}

func (c *compiler) traceAll(s *sources, nodes ...ast.Node) {
	for _, n := range nodes {
		c.trace(n, s)
	}
}

// tracePredicate adds the sources of predicates that return elements of a list; the others return numbers or booleans.
func (c *compiler) tracePredicate(n *ast.BuiltinNode, s *sources) {
	switch n.Name {
	case "filter", "find":
		c.trace(n.Arguments[0], s)
	case "map":
		c.traceAll(s, n.Arguments[1:]...)
		if s.each {
			c.trace(n.Arguments[0], s)
		}
	}
}

// tableSays reports whether the word is a value of the table that a look-up names, or of any table where data names it.
func (c *compiler) tableSays(lookup *ast.CallNode) bool {
	if name, ok := constantText(lookup.Arguments, 0); ok {
		t := c.library.tables[name]
		return t != nil && t.says()
	}
	for _, t := range c.library.tables {
		if t.says() {
			return true
		}
	}
	return false
}

// says reports whether the word is one of the table's values.
func (t *lookupTable) says() bool {
	if t.fallback != nil && hasWord(*t.fallback) {
		return true
	}
	for _, v := range t.values {
		if hasWord(v) {
			return true
		}
	}
	return false
}

// said reports whether the mapping itself has put the word into a column's cell of this record: the mapping holds the
// word, and none of HR's fields do.
func (r *rowMapper) said(c *compiledColumn) bool {
	return c.from.word && !slices.ContainsFunc(c.from.fields, func(i int) bool { return hasWord(r.frame.field(i)) })
}
