package payload

import (
	"encoding/json"
	"fmt"
	"net/url"
)

// Shape is what an answer shows of each record: "API Return Formats".
type Shape struct {
	Fields []any  // decoded fields=[…]; nil: everything
	Object string // return_object: "", none, limited, shallow
}

// ParseShape reads from a query string what the answer is to show.
func ParseShape(values url.Values) (Shape, error) {
	s := Shape{Object: values.Get("return_object")}
	if text := values.Get("fields"); text != "" {
		if err := json.Unmarshal([]byte(text), &s.Fields); err != nil {
			return s, fmt.Errorf("fields is not a JSON array")
		}
	}
	return s, nil
}

// Apply returns the part of r that the answer shows.
func (s Shape) Apply(r Record) Record {
	switch {
	case s.Fields != nil:
		return pick(r, s.Fields)
	case s.Object == "limited":
		return Record{"id": r["id"]}
	case s.Object == "shallow":
		flat := Record{}
		for key, v := range r {
			if _, nested := v.(Record); !nested {
				flat[key] = v
			}
		}
		return flat
	}
	return r
}

// pick keeps the named elements: "id", or {"roles": ["name"]} for what is inside.
func pick(r Record, fields []any) Record {
	out := Record{}
	for _, f := range fields {
		switch f := f.(type) {
		case string:
			out[hyphens(f)] = r[hyphens(f)]
		case map[string]any:
			for name, inner := range f {
				list, _ := inner.([]any)
				out[hyphens(name)] = pickInner(r[hyphens(name)], list)
			}
		}
	}
	return out
}

func pickInner(v any, fields []any) any {
	switch v := v.(type) {
	case Record:
		return pick(v, fields)
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = pickInner(item, fields)
		}
		return items
	}
	return v
}
