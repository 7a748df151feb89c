package mapping

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// The time of Go's regular expressions grows with the length of the text for one match, but with its square for all
// matches: a search for (a.*b)|a reads everything after each a. HR supplies the text, and it may be 1 MB. So there are
// bounds for the text, for the pattern, and for the work that both may cost a record.
const (
	maxPattern = 10_000     // instructions of a compiled pattern
	maxWork    = 20_000_000 // instructions that a record's patterns may execute at worst; a name takes some thousands
	expansion  = 4          // bound of one replacement, in multiples of maxText, before its size is known
)

var (
	errRegexText = errors.New("the text is longer than 64 KiB, which is the limit for regular expressions")
	errWork      = errors.New("the text is too long for so costly a pattern: say replaceText(...) or split(...), or write it more simply")
	errPattern   = errors.New("the pattern is not a regular expression")
)

// costedRegexp is a regular expression with its cost.
type costedRegexp struct {
	re    *regexp.Regexp
	cost  int // cost of each character that is read
	reach int // largest number of characters that a search reads after the start of a match
}

func newCostedRegexp(s string) (*costedRegexp, error) {
	tree, err := syntax.Parse(s, syntax.Perl)
	if err != nil {
		return nil, err
	}
	cost, reach := measure(tree)
	if cost > maxPattern {
		return nil, fmt.Errorf("the pattern is too large, its repetitions written out: %d steps are the limit", maxPattern)
	}
	re, err := regexp.Compile(s)
	return &costedRegexp{re, cost, reach + 1}, err
}

// measure returns how many instructions a compiled pattern has, slightly overestimated, and how many characters a match
// can have, without compiling it. Both stop counting beyond their bounds, so that nothing overflows.
func measure(tree *syntax.Regexp) (cost, reach int) {
	cost = 2
	switch tree.Op {
	case syntax.OpLiteral:
		cost, reach = cost+len(tree.Rune), len(tree.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		reach = 1
	}
	for _, sub := range tree.Sub {
		c, r := measure(sub)
		if cost += c; tree.Op == syntax.OpAlternate {
			reach = max(reach, r)
			continue
		}
		reach += r
	}
	times := 1
	switch tree.Op {
	case syntax.OpStar, syntax.OpPlus:
		reach = maxText
	case syntax.OpRepeat:
		if times = max(tree.Min, tree.Max, 1); tree.Max < 0 {
			reach = maxText
		}
	}
	return min(cost*times, maxPattern+1), min(reach*times, maxText)
}

// workName is the variable that passes the rest of a record's work to functions with regular expressions; no mapping
// can write it.
const workName = "work "

// afford returns for how many matches of a text the rest of the work is enough; -1 where it is not enough for one
// search.
func (p *costedRegexp) afford(text string, work *int) int {
	left := *work/p.cost - len(text) - 1
	if left < 0 {
		return -1
	}
	return left / min(p.reach, len(text)+1)
}

// spend subtracts the cost of the matches of a text from the work: each character is read once, and after each match as
// far as the pattern may reach for a better one.
func (p *costedRegexp) spend(text string, work *int, matches int) {
	*work -= p.cost * (len(text) + 1 + matches*min(p.reach, len(text)+1))
}

func (l *library) preparePattern(s string) error {
	p, err := newCostedRegexp(s)
	if err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	l.patterns[s] = p
	return nil
}

// regexArgs returns the first and last arguments of functions with a regular expression: text, pattern, work. The
// pattern is nil where there is no text.
func (l *library) regexArgs(args []value) (s string, p *costedRegexp, work *int, err error) {
	if s, err = args[0].scalar(); err != nil || s == "" {
		return "", nil, nil, err
	}
	if len(s) > maxText {
		return "", nil, nil, errRegexText
	}
	work, ok := args[len(args)-1].any.(*int)
	if !ok {
		return "", nil, nil, errWork
	}
	p, err = l.pattern(args[1])
	return s, p, work, err
}

func (l *library) regexReplace(args []value) (value, error) {
	s, p, work, err := l.regexArgs(args)
	if err != nil || p == nil {
		return value{}, err
	}
	with, err := args[2].scalar()
	if err != nil {
		return value{}, err
	}
	most := p.afford(s, work)
	if most < 0 {
		return value{}, errWork
	}
	matches := p.re.FindAllStringSubmatchIndex(s, most+1)
	if len(matches) > most {
		return value{}, errWork
	}
	p.spend(s, work, len(matches))
	if len(matches) == 0 {
		return textValue(s), nil
	}
	return expand(p.re, s, with, matches)
}

func expand(re *regexp.Regexp, s, with string, matches [][]int) (value, error) {
	var out []byte
	last, groups := 0, strings.Count(with, "$")
	for _, m := range matches {
		if len(with)+groups*(m[1]-m[0]) > expansion*maxText { // a group is at most as long as the match
			return value{}, errLong
		}
		out = append(out, s[last:m[0]]...)
		out = re.ExpandString(out, with, s, m)
		last = m[1]
		if len(out) > maxText {
			return value{}, errLong
		}
	}
	if len(out)+len(s)-last > maxText {
		return value{}, errLong
	}
	return textValue(string(append(out, s[last:]...))), nil
}

// matches is the operator of that name. A missing text matches no pattern, and an empty pattern matches no text.
func (l *library) matches(args []value) (value, error) {
	if args[0].isNil() || args[1].isNil() {
		return value{any: false}, nil
	}
	if args[0].text == "" || args[1].text == "" {
		return value{}, errors.New("both sides must be text, here are " + args[0].kind() + " and " + args[1].kind())
	}
	s, p, work, err := l.regexArgs(args)
	if err != nil {
		return value{}, err
	}
	if p.afford(s, work) < 0 {
		return value{}, errWork
	}
	p.spend(s, work, 0)
	return value{any: p.re.MatchString(s)}, nil
}

// pattern returns a constant pattern, which was compiled before, or compiles one from data. Its error is our own, since
// the compiler's would quote the data.
func (l *library) pattern(v value) (*costedRegexp, error) {
	s, err := v.scalar()
	if err != nil {
		return nil, err
	}
	if p, ok := l.patterns[s]; ok {
		return p, nil
	}
	if len(s) > maxExpr {
		return nil, errPattern
	}
	p, err := newCostedRegexp(s)
	if err != nil {
		return nil, errPattern
	}
	return p, nil
}
