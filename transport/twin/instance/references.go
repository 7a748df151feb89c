package instance

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
)

// references are what exists in the instance besides users. They do not change after the start.
type references struct {
	byElement map[string]map[string]payload.Record // element, folded key, the reference
	next      int64
}

func newReferences(s beginning, cols []*column) *references {
	refs := &references{byElement: map[string]map[string]payload.Record{}, next: 1}
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
			refs.add("roles", "name", payload.Record{"name": name})
		}
	}
	if len(refs.byElement["default-currency"]) == 0 {
		refs.add("default-currency", "code", payload.Record{"code": "USD"})
	}
	return refs
}

// addMentioned adds what a user of the seed refers to.
func (refs *references) addMentioned(user payload.Record, cols []*column) {
	for _, c := range cols {
		if c.manager() || !(c.reference() || c.List) {
			continue
		}
		switch v := user[c.path[0]].(type) {
		case payload.Record:
			refs.add(c.path[0], c.key(), v)
		case []any:
			for _, item := range v {
				if rec, ok := item.(payload.Record); ok {
					refs.add(c.path[0], c.key(), rec)
				}
			}
		}
	}
}

func (refs *references) add(element, key string, ref payload.Record) {
	name := ref.Text(key)
	if name == "" {
		return
	}
	known := refs.byElement[element]
	if known == nil {
		known = map[string]payload.Record{}
		refs.byElement[element] = known
	}
	if _, ok := known[key+" "+name]; ok {
		return
	}
	ref = ref.Clone()
	if ref["id"] == nil {
		ref["id"] = refs.next
	}
	refs.next++
	known[key+" "+name] = ref
}

// find looks a reference up by its exact natural key; Department "must equal the stored name exactly" ("Users Import").
func (refs *references) find(element, key, name string) (payload.Record, bool) {
	ref, ok := refs.byElement[element][key+" "+name]
	if !ok {
		return nil, false
	}
	return ref.Clone(), true
}

// list returns what there is of an element, by ascending id.
func (refs *references) list(element string) (all []payload.Record) {
	for _, ref := range refs.byElement[element] {
		all = append(all, ref.Clone())
	}
	slices.SortFunc(all, func(a, b payload.Record) int {
		return cmp.Or(cmp.Compare(idOf(a), idOf(b)), cmp.Compare(a.Text("name"), b.Text("name")))
	})
	last := int64(0)
	for _, ref := range all { // objects of a seed may share an id; a list shows one once
		last = max(last+1, idOf(ref))
		ref["id"] = last
	}
	return all
}

func idOf(ref payload.Record) int64 {
	n, _ := payload.ParseInt(payload.TextOf(ref["id"])) // 0 is as good as any
	return n
}

// References returns what users can refer to in an element, by ascending id.
func (d *Users) References(element string) []payload.Record { return d.refs.list(element) }

// reportingCurrency is stored for a user who has no currency and gets none ("Users Import"): the first by code.
func (refs *references) reportingCurrency() payload.Record {
	known := refs.byElement["default-currency"]
	first := slices.MinFunc(slices.Collect(maps.Keys(known)), strings.Compare)
	return known[first].Clone()
}
