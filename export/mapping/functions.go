package mapping

import (
	"errors"
	"maps"
	"slices"
	"time"
)

// ownFunction is one of our functions. It takes min to max arguments; max < 0: any number.
type ownFunction struct {
	name     string
	min, max int
	call     func(args []value) (value, error)
}

// library holds the functions of one mapping and their compiled constant arguments. It does not change once the mapping
// is made, so mappers share it.
type library struct {
	zone      *time.Location
	tables    map[string]*lookupTable
	patterns  map[string]*costedRegexp // compiled patterns by text
	layouts   map[string]string        // Go's layouts by our layouts
	functions map[string]*ownFunction
}

// The names of functions that a mapping cannot write; the compiler inserts them.
const (
	plusName     = "+"
	elementName  = "[]"
	elementsName = "list()"
	matchesName  = "matches"
)

func newLibrary(zone *time.Location, tables map[string]*lookupTable) *library {
	if zone == nil {
		zone = time.UTC
	}
	l := &library{zone: zone, tables: tables, patterns: map[string]*costedRegexp{}, layouts: map[string]string{},
		functions: map[string]*ownFunction{}}
	for _, f := range slices.Concat(textFunctions(), listFunctions(), l.boundFunctions()) {
		l.functions[f.name] = &f
	}
	return l
}

// boundFunctions returns the functions that need the mapping's tables, patterns, layouts or zone.
func (l *library) boundFunctions() []ownFunction {
	return []ownFunction{
		{"lookup", 2, -1, l.lookup},
		{"regexReplace", 3, 3, l.regexReplace},
		{matchesName, 2, 2, l.matches},
		{"date", 1, 2, l.date},
		{"formatDate", 2, 2, l.formatDate},
		{"daysBetween", 2, 2, l.daysBetween},
		{"phone", 2, 2, phone},
		{"clear", 0, 0, func([]value) (value, error) { return value{any: cleared{}}, nil }},
	}
}

// names returns the functions that a mapping can call, for hints.
func (l *library) names() []string {
	names := slices.Collect(maps.Keys(l.functions))
	names = slices.DeleteFunc(names, func(n string) bool {
		return slices.Contains([]string{plusName, elementName, elementsName, matchesName}, n)
	})
	names = append(names, "if", "field", "today", personName)
	slices.Sort(names)
	return names
}

// prepare checks the constant arguments of a call and compiles those that are compiled once. constant returns the text
// of argument i, where it is constant text. prepare returns the faulty argument and the error.
func (l *library) prepare(name string, args int, constant func(i int) (string, bool)) (arg int, err error) {
	arg = 1
	switch name {
	case "lookup":
		arg = 0
		if table, ok := constant(0); ok {
			err = l.checkLookup(table, args-1)
		}
	case "regexReplace", matchesName:
		if pattern, ok := constant(1); ok {
			err = l.preparePattern(pattern)
		}
	case "date", "formatDate":
		if args < 2 {
			break
		}
		if layout, ok := constant(1); ok {
			l.layouts[layout], err = goLayout(layout)
		}
	case "phone":
		if country, ok := constant(1); ok {
			_, err = countryOf(country)
		}
	}
	return arg, err
}

// vmCall calls the function for the VM.
func (f *ownFunction) vmCall(args ...any) (any, error) {
	values := make([]value, len(args), len(args)+1)
	for i, a := range args {
		values[i] = boxed(a)
	}
	v, err := f.call(values)
	if err != nil {
		return nil, &callError{f.name, err}
	}
	return v.box(), nil
}

// callError is the error of a function. Neither name nor cause holds a cell's value.
type callError struct {
	name  string
	cause error
}

func (e *callError) Error() string { return e.name + ": " + e.cause.Error() }
func (e *callError) Unwrap() error { return e.cause }

// onText turns f into a function of one text argument that returns nil for nil.
func onText(f func(string) (string, error)) func([]value) (value, error) {
	return func(args []value) (value, error) {
		s, err := args[0].scalar()
		if err != nil || s == "" {
			return value{}, err
		}
		s, err = f(s)
		return textValue(s), err
	}
}

// plain adapts a function that cannot fail to onText.
func plain(f func(string) string) func(string) (string, error) {
	return func(s string) (string, error) { return f(s), nil }
}

// number returns the value as a whole number.
func (v value) number() (int, error) {
	if n, ok := v.any.(int); ok {
		return n, nil
	}
	return 0, errors.New("start and length must be whole numbers, this is " + v.kind())
}
