package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Problem is a fault of the mapping itself, found when it is compiled.
type Problem struct {
	Line    int    // config line of the column or table; 0 when not known
	Column  string // Coupa column; "" for a table or the mapping as a whole
	Expr    string // the expression; "" when it is not about one
	Pos     int    // character of Expr it lies at, counted from 1; 0 when it is about the whole
	Message string // what is wrong and what to do
}

// snippetLimit is how many characters of an expression fit a message.
const snippetLimit = 80

// Error names the column, the expression, the position and, where the expression fits a line, points at the place.
func (p Problem) Error() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", p.Line)
	}
	if p.Column != "" {
		fmt.Fprintf(&b, "column %q: ", p.Column)
	}
	b.WriteString(p.Message)
	if p.Expr == "" {
		return b.String()
	}
	if p.Pos == 0 {
		fmt.Fprintf(&b, ", in %s", shorten(p.Expr))
		return b.String()
	}
	fmt.Fprintf(&b, ", at character %d of %s", p.Pos, shorten(p.Expr))
	if utf8.RuneCountInString(p.Expr) <= snippetLimit && !strings.ContainsAny(p.Expr, "\r\n\t") {
		fmt.Fprintf(&b, "\n    %s\n    %s^", p.Expr, strings.Repeat(" ", p.Pos-1))
	}
	return b.String()
}

// shorten brings an expression onto one line of a message.
func shorten(expression string) string {
	s := strings.Join(strings.Fields(expression), " ")
	if utf8.RuneCountInString(s) <= snippetLimit {
		return s
	}
	return s[:runeOffset(s, snippetLimit)] + "..."
}

// sortProblems puts problems in the order of the config.
func sortProblems(ps []Problem) {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Pos, b.Pos))
	})
}
