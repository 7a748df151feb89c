package mapping

import (
	"errors"
	"math"
	"strconv"
	"time"
)

// value is an operand of an expression: text, or anything else boxed. The zero value is nil. The empty text is nil too,
// so that a blank falls through ??, whatever produced it. Text is not boxed because boxing a string allocates.
type value struct {
	text string // not empty: the value is this text
	any  any    // bool, int, float64, time.Time, []any, cleared, replaced, or nil
}

// cleared is the result of clear(), replaced the result of replace(x): the text of the whole list.
type (
	cleared  struct{}
	replaced struct{ text string }
)

const (
	maxText     = 64 << 10 // longest text a function may build, in bytes: Coupa's longest column is far below
	maxElements = 1000     // most elements of a list
)

var (
	errLong = errors.New("the text grows beyond 64 KiB")
	errMany = errors.New("the list has more than 1,000 elements")
)

func textValue(s string) value { return value{text: s} }

// boxed turns a value of the VM into ours.
func boxed(v any) value {
	if s, ok := v.(string); ok {
		return textValue(s)
	}
	return value{any: v}
}

// box returns the value in the VM's form.
func (v value) box() any {
	if v.text != "" {
		return v.text
	}
	return v.any
}

func (v value) isNil() bool { return v.text == "" && v.any == nil }

// kind returns the name of a value's type, for messages.
func (v value) kind() string {
	if v.text != "" {
		return "text"
	}
	switch v.any.(type) {
	case nil:
		return "nil"
	case bool:
		return "true or false"
	case int, float64:
		return "a number"
	case time.Time:
		return "a date"
	case []any:
		return "a list"
	case cleared:
		return "clear()"
	case replaced:
		return "replace(...)"
	}
	return "a value of an unknown kind"
}

// scalar returns the text of a text, number or boolean; "" for nil.
func (v value) scalar() (string, error) {
	if v.text != "" {
		return v.text, nil
	}
	switch x := v.any.(type) {
	case nil:
		return "", nil
	case bool:
		return strconv.FormatBool(x), nil
	case int:
		return strconv.Itoa(x), nil
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return "", errors.New("the number is not finite")
		}
		return strconv.FormatFloat(x, 'f', -1, 64), nil
	case time.Time:
		return "", errors.New("the value is a date: say formatDate(..., layout)")
	}
	return "", errors.New("the value is " + v.kind() + ", not text")
}

// list returns the elements of a list; none for nil.
func (v value) list() ([]any, error) {
	if v.isNil() {
		return []any{}, nil
	}
	if l, ok := v.any.([]any); ok {
		return l, nil
	}
	return nil, errors.New("the value is " + v.kind() + ", not a list: say split(...)")
}
