package mapping

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

func listFunctions() []ownFunction {
	return []ownFunction{
		{"split", 2, 2, split},
		{"join", 2, 2, join},
		{"len", 1, 1, lengthOf},
		{"first", 1, 1, func(args []value) (value, error) { return element(args[0], 0) }},
		{"last", 1, 1, func(args []value) (value, error) { return element(args[0], -1) }},
		{"replace", 1, 1, replace},
		{"merge", 2, -1, merge},
		{"without", 2, -1, without},
		{elementName, 2, 2, elementAt},
		{elementsName, 1, 1, elements},
	}
}

func split(args []value) (value, error) {
	s, err := args[0].scalar()
	if err != nil || s == "" {
		return value{}, err
	}
	sep, err := args[1].scalar()
	if err != nil {
		return value{}, err
	}
	if sep == "" {
		return value{}, errors.New("the separator is empty")
	}
	if strings.Count(s, sep) >= maxElements {
		return value{}, errMany
	}
	var list []any
	for part := range strings.SplitSeq(s, sep) {
		list = append(list, textValue(part).box())
	}
	return value{any: list}, nil
}

func join(args []value) (value, error) {
	if args[0].isNil() {
		return value{}, nil
	}
	list, err := args[0].list()
	if err != nil {
		return value{}, err
	}
	sep, err := args[1].scalar()
	if err != nil {
		return value{}, err
	}
	parts, size := make([]string, 0, len(list)), 0
	for _, e := range list {
		s, err := boxed(e).scalar()
		if err != nil {
			return value{}, err
		}
		if s == "" {
			continue
		}
		parts = append(parts, s)
		if size += len(s) + len(sep); size > maxText {
			return value{}, errLong
		}
	}
	return textValue(strings.Join(parts, sep)), nil
}

func lengthOf(args []value) (value, error) {
	if list, ok := args[0].any.([]any); ok {
		return value{any: len(list)}, nil
	}
	s, err := args[0].scalar()
	return value{any: utf8.RuneCountInString(s)}, err
}

// element returns element i of a list, from the end where i is negative; nil where there is none.
func element(v value, i int) (value, error) {
	list, err := v.list()
	if err != nil {
		return value{}, err
	}
	if i < 0 {
		i += len(list)
	}
	if i < 0 || i >= len(list) {
		return value{}, nil
	}
	return boxed(list[i]), nil
}

func elementAt(args []value) (value, error) {
	i, ok := args[1].any.(int)
	if !ok {
		return value{}, errors.New("the index must be a whole number, this is " + args[1].kind())
	}
	return element(args[0], i)
}

// elements prepares the list of every predicate: nil has no elements, and text is not a list of characters.
func elements(args []value) (value, error) {
	list, err := args[0].list()
	if len(list) > maxElements {
		return value{}, errMany
	}
	return value{any: list}, err
}

// replace returns the text of a whole list. Coupa separates elements by commas, so no element may hold one.
func replace(args []value) (value, error) {
	list, err := namesOf(args[0])
	if err != nil {
		return value{}, err
	}
	kept := make([]string, 0, len(list))
	for _, s := range list {
		if !slices.Contains(kept, s) {
			kept = append(kept, s)
		}
	}
	return wholeOf(kept)
}

// namesOf returns the trimmed elements of a list, or of text with commas, without blank ones.
func namesOf(v value) ([]string, error) {
	list, isList := v.any.([]any)
	if !isList {
		s, err := split([]value{v, textValue(",")})
		if err != nil || s.isNil() {
			return nil, err
		}
		list = s.any.([]any)
	}
	names := make([]string, 0, len(list))
	for _, e := range list {
		s, err := boxed(e).scalar()
		if err != nil {
			return nil, err
		}
		if s = strings.TrimSpace(s); s != "" {
			names = append(names, s)
		}
	}
	return names, nil
}

// wholeOf returns names as the whole list of a cell; nil where there are none.
func wholeOf(names []string) (value, error) {
	if slices.ContainsFunc(names, func(s string) bool { return strings.Contains(s, ",") }) {
		return value{}, errors.New("an element holds a comma, which would make two of it in Coupa")
	}
	if len(names) == 0 {
		return value{}, nil
	}
	return value{any: replaced{strings.Join(names, ",")}}, nil
}
