package payload

import "encoding/json"

// FromJSON turns decoded JSON into values of a record. Whole numbers become int64, others text.
func FromJSON(v any) any {
	switch v := v.(type) {
	case map[string]any:
		r := make(Record, len(v))
		for k, inner := range v {
			r[hyphens(k)] = FromJSON(inner)
		}
		return r
	case []any:
		list := make([]any, len(v))
		for i, inner := range v {
			list[i] = FromJSON(inner)
		}
		return list
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		return v.String()
	}
	return v
}
