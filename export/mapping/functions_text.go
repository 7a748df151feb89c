package mapping

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/export/alike"
)

func textFunctions() []ownFunction {
	return []ownFunction{
		{"lower", 1, 1, onText(plain(alike.ToLower))},
		{"upper", 1, 1, onText(plain(strings.ToUpper))},
		{"trim", 1, 1, onText(plain(strings.TrimSpace))},
		{"title", 1, 1, onText(plain(title))},
		{"ascii", 1, 1, onText(ascii)},
		{"replaceText", 3, 3, replaceText},
		{"concat", 1, -1, concat},
		{"substring", 2, 3, substring},
		{"yesno", 1, 1, onText(yesno)},
		{"int", 1, 1, toInt},
		{"float", 1, 1, toFloat},
		{plusName, 2, 2, plus},
	}
}

// title writes each word with a capital and then small letters. A word starts after any character that is no letter,
// digit or mark, and after an apostrophe that follows a single letter (O'Neil, D'Angelo, but Can't).
func title(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	word := 0 // characters of the current word so far
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Letter, unicode.Digit, unicode.Mark):
			if word == 0 {
				r = unicode.ToTitle(r)
			} else {
				r = unicode.ToLower(r)
			}
			word++
		case (r == '\'' || r == '’') && word != 1:
			word++
		default:
			word = 0
		}
		b.WriteRune(r)
	}
	return b.String()
}

// replaceText checks the size of the result first: an expression could otherwise multiply a long text by itself.
func replaceText(args []value) (value, error) {
	var s [3]string
	for i := range s {
		var err error
		if s[i], err = args[i].scalar(); err != nil {
			return value{}, err
		}
	}
	if s[0] == "" || s[1] == "" {
		return textValue(s[0]), nil
	}
	n := strings.Count(s[0], s[1])
	if grown := n * (len(s[2]) - len(s[1])); grown > 0 && len(s[0])+grown > maxText {
		return value{}, errLong
	}
	return textValue(strings.Replace(s[0], s[1], s[2], n)), nil
}

func concat(args []value) (value, error) {
	parts := make([]string, 0, 8)
	size := 0
	for _, a := range args {
		s, err := a.scalar()
		if err != nil {
			return value{}, err
		}
		parts = append(parts, s)
		size += len(s)
	}
	if size > maxText {
		return value{}, errLong
	}
	return textValue(strings.Join(parts, "")), nil
}

// plus adds numbers and joins texts; the operator of expr would do so without a bound.
func plus(args []value) (value, error) {
	a, b := args[0], args[1]
	switch {
	case a.isNil() || b.isNil():
		return value{}, nil
	case a.text != "" && b.text != "":
		return concat(args)
	}
	x, aInt := a.any.(int)
	y, bInt := b.any.(int)
	if aInt && bInt {
		return value{any: x + y}, nil
	}
	f, aFloat := a.any.(float64)
	g, bFloat := b.any.(float64)
	if (aInt || aFloat) && (bInt || bFloat) {
		return value{any: float64(x) + f + float64(y) + g}, nil
	}
	return value{}, errors.New("cannot add " + a.kind() + " and " + b.kind() + ": say concat(...)")
}

func substring(args []value) (value, error) {
	s, err := args[0].scalar()
	if err != nil || s == "" {
		return value{}, err
	}
	count := utf8.RuneCountInString(s)
	start, err := args[1].number()
	if err != nil {
		return value{}, err
	}
	if start < 0 {
		start = max(0, count+start)
	}
	start = min(start, count)
	length := count - start
	if len(args) == 3 {
		n, err := args[2].number()
		if err != nil {
			return value{}, err
		}
		length = max(0, min(n, length))
	}
	from := runeOffset(s, start)
	return textValue(s[from : from+runeOffset(s[from:], length)]), nil
}

// runeOffset returns the byte at which character n begins.
func runeOffset(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

func yesno(s string) (string, error) {
	s = strings.TrimSpace(s)
	for _, yes := range [...]string{"y", "yes", "1", "true", "t"} {
		if strings.EqualFold(s, yes) {
			return "Yes", nil
		}
	}
	for _, no := range [...]string{"n", "no", "0", "false", "f"} {
		if strings.EqualFold(s, no) {
			return "No", nil
		}
	}
	if s == "" {
		return "", nil
	}
	return "", errors.New("the text is none of yes, y, true, t, 1, no, n, false, f, 0")
}

func toInt(args []value) (value, error) {
	switch x := args[0].any.(type) {
	case int:
		return args[0], nil
	case float64:
		if x != float64(int(x)) {
			return value{}, errors.New("the number is not whole")
		}
		return value{any: int(x)}, nil
	}
	s, err := args[0].scalar()
	if s = strings.TrimSpace(s); err != nil || s == "" {
		return value{}, err
	}
	n, err := strconv.Atoi(s)
	if err != nil { // err would quote the value
		return value{}, errors.New("the text is not a whole number")
	}
	return value{any: n}, nil
}

func toFloat(args []value) (value, error) {
	s, err := args[0].scalar()
	if s = strings.TrimSpace(s); err != nil || s == "" {
		return value{}, err
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return value{}, errors.New("the text is not a number")
	}
	return value{any: f}, nil
}
