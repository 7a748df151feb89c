package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Problem is a fault of the mapping itself, found when it is compiled.
type Problem struct {
	Line    int    // config line of the column or table; 0 when not known
	Column  string // Coupa column; "" for a table, a condition or the mapping as a whole
	Key     string // the config key of a condition; "" for the others
	Expr    string // the expression; "" when it is not about one
	Pos     int    // character of Expr, counted from 1; 0 when the problem is about the whole
	Message string // what is wrong
	Hint    string // what to do; "" where that is clear
}

const (
	snippetLimit = 80 // characters of an expression in a message
	windowLimit  = 64 // columns of the line with the caret: with what a command writes before it, it fits into 80
)

// Error returns the text with the config line before it.
func (p Problem) Error() string {
	if p.Line > 0 {
		return fmt.Sprintf("line %d: %s", p.Line, p.Text())
	}
	return p.Text()
}

// Hints returns what to do.
func (p Problem) Hints() []string { return []string{p.Hint} }

// Text returns the column, the expression and the position, and two lines that point at the place.
func (p Problem) Text() string {
	var b strings.Builder
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
	line, column := window([]rune(p.Expr), p.Pos-1)
	fmt.Fprintf(&b, "\n    %s\n    %s^", line, strings.Repeat(" ", column))
	return b.String()
}

// window returns the line of an expression with character at, as much of it as fits around that character, and the
// column of the character in it.
func window(expression []rune, at int) (line string, column int) {
	at = min(at, len(expression))
	from, to := lineAround(expression, at)
	before, after := "", ""
	if columns(expression[from:to]) > windowLimit {
		from, to, before, after = cutAround(expression, from, to, at)
	}
	for _, r := range expression[from:to] {
		if !unicode.IsGraphic(r) {
			r = ' '
		}
		line += string(r)
	}
	return before + line + after, len(before) + columns(expression[from:at])
}

func lineAround(text []rune, at int) (from, to int) {
	isBreak := func(r rune) bool { return r == '\n' || r == '\r' }
	for from = at; from > 0 && !isBreak(text[from-1]); {
		from--
	}
	for to = at; to < len(text) && !isBreak(text[to]); {
		to++
	}
	return from, to
}

// cutAround narrows a line that is too wide to the text around character at, with dots where something is left out.
func cutAround(text []rune, from, to, at int) (left, right int, before, after string) {
	const dots = "..."
	const room = windowLimit - 2*len(dots)
	left, right = at, at
	for left > from && columns(text[left-1:at]) <= room/2 {
		left--
	}
	for right < to && columns(text[left:right+1]) <= room {
		right++
	}
	for left > from && columns(text[left-1:right]) <= room {
		left--
	}
	if left > from {
		before = dots
	}
	if right < to {
		after = dots
	}
	return left, right, before, after
}

// columns returns how many columns of a terminal a text takes.
func columns(text []rune) (n int) {
	for _, r := range text {
		kind := width.LookupRune(r).Kind()
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me):
		case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// shorten returns an expression on one line, short enough for a message.
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
