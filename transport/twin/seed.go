package twin

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// maxSeed bounds the seed JSON.
const maxSeed = 256 << 20

// seed is what the instance holds when the twin starts.
type seed struct {
	users      []Record
	references map[string][]Record // by element: department, roles, default-currency, ...
	custom     []string            // prompt names of mapped custom fields
}

// seedElements maps the keys of the seed object to the elements whose references they name.
func seedElements() map[string]string {
	return map[string]string{
		"departments": "department", "roles": "roles", "content-groups": "content-groups",
		"currencies": "default-currency", "account-types": "default-account-type", "accounts": "default-account",
		"addresses": "default-address", "legal-entities": "legal-entity", "account-groups": "account-groups",
		"approval-groups": "approval-groups", "warehouses": "working-warehouses",
		"inventory-organizations": "inventory-organizations", "user-groups": "user-groups",
		"projects": "projects", "approval-limits": "approval-limit",
	}
}

// standardRoles exist in every instance unless the seed names its own ("Users Import" lists them).
func standardRoles() []string {
	return []string{"User", "Buyer", "Accounts Payable", "Central Receiving", "Accounting Supervisor",
		"Edit as Approver", "Inventory Manager", "Admin"}
}

// readSeed reads an array of users, or an object with users and the references that exist.
// A nil reader gives an instance with the standard roles only. Errors name the place, never a value.
func readSeed(r io.Reader) (seed, error) {
	s := seed{references: map[string][]Record{}}
	if r == nil {
		return s, nil
	}
	limited := &io.LimitedReader{R: r, N: maxSeed + 1}
	dec := json.NewDecoder(limited)
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		if limited.N <= 0 {
			return s, fmt.Errorf("seed: longer than %d bytes", maxSeed)
		}
		return s, fmt.Errorf("seed: %w", err)
	}
	switch v := fromJSON(v).(type) {
	case []any:
		return s, s.addUsers(v)
	case Record:
		return s, s.addObject(v)
	}
	return s, fmt.Errorf("seed: want an array of users, or an object with users")
}

func (s *seed) addObject(obj Record) error {
	elements := seedElements()
	for _, key := range obj.sortedKeys() {
		items, ok := obj[key].([]any)
		if !ok {
			return fmt.Errorf("seed: %s: want an array", key)
		}
		element, known := elements[key]
		switch {
		case key == "users":
			if err := s.addUsers(items); err != nil {
				return err
			}
		case key == "custom-fields":
			for _, item := range items {
				s.custom = append(s.custom, textOf(item))
			}
		case known:
			if err := s.addReferences(key, element, items); err != nil {
				return err
			}
		default:
			return fmt.Errorf("seed: %s is not a kind of reference", key)
		}
	}
	return nil
}

func (s *seed) addUsers(items []any) error {
	for i, item := range items {
		user, ok := item.(Record)
		if !ok {
			return fmt.Errorf("seed: users[%d]: want an object", i)
		}
		s.users = append(s.users, user)
	}
	return nil
}

// addReferences takes names, or objects where a reference has more to it.
func (s *seed) addReferences(key, element string, items []any) error {
	list := s.references[element]
	if list == nil {
		list = []Record{} // named, if only as empty: nothing standard is added
	}
	for i, item := range items {
		switch item := item.(type) {
		case Record:
			list = append(list, item)
		case string:
			list = append(list, Record{referenceKey(element): item})
		default:
			return fmt.Errorf("seed: %s[%d]: want a name or an object", key, i)
		}
	}
	s.references[element] = list
	return nil
}

// referenceKey is the natural key of a reference given as a bare name.
func referenceKey(element string) string {
	switch element {
	case "default-currency", "default-account":
		return "code"
	case "default-address":
		return "location-code"
	}
	return "name"
}

// fromJSON turns decoded JSON into record values: whole numbers int64, others text.
func fromJSON(v any) any {
	switch v := v.(type) {
	case map[string]any:
		r := make(Record, len(v))
		for k, inner := range v {
			r[hyphens(k)] = fromJSON(inner)
		}
		return r
	case []any:
		list := make([]any, len(v))
		for i, inner := range v {
			list[i] = fromJSON(inner)
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

// references knows what exists in the instance besides users. It is fixed after the start.
type references struct {
	byElement map[string]map[string]Record // element, folded key, the reference
	next      int64
}

func newReferences(s seed, cols []*column) *references {
	refs := &references{byElement: map[string]map[string]Record{}, next: 1}
	for _, element := range slices.Sorted(maps.Keys(s.references)) {
		for _, ref := range s.references[element] {
			refs.add(element, referenceKey(element), ref)
		}
	}
	for _, user := range s.users {
		refs.addMentioned(user, cols)
	}
	if s.references["roles"] == nil {
		for _, name := range standardRoles() {
			refs.add("roles", "name", Record{"name": name})
		}
	}
	if len(refs.byElement["default-currency"]) == 0 {
		refs.add("default-currency", "code", Record{"code": "USD"})
	}
	return refs
}

// addMentioned takes what a seeded user refers to as existing.
func (refs *references) addMentioned(user Record, cols []*column) {
	for _, c := range cols {
		if c.manager() || !(c.reference() || c.List) {
			continue
		}
		switch v := user[c.path[0]].(type) {
		case Record:
			refs.add(c.path[0], c.key(), v)
		case []any:
			for _, item := range v {
				if rec, ok := item.(Record); ok {
					refs.add(c.path[0], c.key(), rec)
				}
			}
		}
	}
}

func (refs *references) add(element, key string, ref Record) {
	name := ref.Text(key)
	if name == "" {
		return
	}
	known := refs.byElement[element]
	if known == nil {
		known = map[string]Record{}
		refs.byElement[element] = known
	}
	if _, ok := known[key+" "+name]; ok {
		return
	}
	ref = ref.clone()
	if ref["id"] == nil {
		ref["id"] = refs.next
	}
	refs.next++
	known[key+" "+name] = ref
}

// find looks a reference up by its exact natural key; Department "must equal the stored name exactly" ("Users Import").
func (refs *references) find(element, key, name string) (Record, bool) {
	ref, ok := refs.byElement[element][key+" "+name]
	if !ok {
		return nil, false
	}
	return ref.clone(), true
}

// reportingCurrency is stored for a user who has none and is given none ("Users Import"): the first by code.
func (refs *references) reportingCurrency() Record {
	known := refs.byElement["default-currency"]
	first := slices.MinFunc(slices.Collect(maps.Keys(known)), strings.Compare)
	return known[first].clone()
}
