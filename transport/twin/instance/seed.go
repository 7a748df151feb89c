package instance

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
)

// maxSeed bounds the seed JSON.
const maxSeed = 256 << 20

// beginning is what the instance holds when the twin starts.
type beginning struct {
	users      []payload.Record
	references map[string][]payload.Record // by element: department, roles, default-currency, ...
	custom     []string                    // prompt names of mapped custom fields
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
// A nil reader stands for an instance with the standard roles only. Errors name the place, never a value.
func readSeed(r io.Reader) (beginning, error) {
	s := beginning{references: map[string][]payload.Record{}}
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
	switch v := payload.FromJSON(v).(type) {
	case []any:
		return s, s.addUsers(v)
	case payload.Record:
		return s, s.addObject(v)
	}
	return s, fmt.Errorf("seed: want an array of users, or an object with users")
}

func (s *beginning) addObject(obj payload.Record) error {
	elements := seedElements()
	for _, key := range obj.SortedKeys() {
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
				s.custom = append(s.custom, payload.TextOf(item))
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

func (s *beginning) addUsers(items []any) error {
	for i, item := range items {
		user, ok := item.(payload.Record)
		if !ok {
			return fmt.Errorf("seed: users[%d]: want an object", i)
		}
		s.users = append(s.users, user)
	}
	return nil
}

// addReferences adds references, given as names or as objects.
func (s *beginning) addReferences(key, element string, items []any) error {
	list := s.references[element]
	if list == nil {
		list = []payload.Record{} // not nil even if it is empty, so that nothing standard is added
	}
	for i, item := range items {
		switch item := item.(type) {
		case payload.Record:
			list = append(list, item)
		case string:
			list = append(list, payload.Record{referenceKey(element): item})
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
