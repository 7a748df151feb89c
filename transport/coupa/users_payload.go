package coupa

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// readUsers reads a list of users, or a single one, with the elements of want.
func readUsers(a *answer, want []export.Element) ([]export.User, error) {
	return readEntries(a, "user", "users", want)
}

// readEntries reads a list of objects with ids, or a single one, as users; single and plural name their elements in XML.
func readEntries(a *answer, single, plural string, want []export.Element) ([]export.User, error) {
	var users []export.User
	var noUser error
	size := 0
	add := func(n *node) error {
		id, known := n.value(ID())
		if !known || id.Text == "" { // it is always asked for; {"errors": ...} with status 200 has none either
			noUser = &Error{Op: a.op(), Status: a.status, Msg: "the answer is not a " + single + " with an id", hope: garbled}
			return noUser
		}
		number, err := strconv.ParseUint(id.Text, 10, 63)
		if err != nil || number == 0 {
			noUser = &Error{Op: a.op(), Status: a.status, Msg: fmt.Sprintf(sayNoID, single, single), Hint: doNoID, hope: garbled}
			return noUser
		}
		user, kept := userOf(n, strconv.FormatUint(number, 10), want)
		size += kept
		users = append(users, user)
		switch {
		case len(users) > maxUsers:
			return tooMuch("more than %d %s are in it", maxUsers, plural)
		case kept > maxUser:
			return tooMuch("what it holds of one %s is longer than %d KB", single, maxUser>>10)
		case size > maxFound:
			return tooMuch("what it holds of its %s is longer than %d KB", plural, maxFound>>10)
		}
		return nil
	}
	root, err := readTree(a, single, plural, func(t *tree, _, k kid, depth int) (bool, error) {
		if t.root != nodeList || depth != 1 {
			return false, nil
		}
		return true, add(k.node)
	})
	switch {
	case err == nil && root.kind == nodeObject:
		err = add(root)
	case err == nil && root.kind == nodeScalar:
		err = errShape
	}
	switch {
	case noUser != nil:
		return nil, noUser
	case err != nil:
		return nil, unreadable(a, garbledWhy(a, err, plural), err)
	}
	return users, nil
}

// userOf takes the wanted elements out of a user and counts the bytes that are kept.
func userOf(n *node, id string, want []export.Element) (u export.User, kept int) {
	u = export.User{ID: id, Values: map[string]export.Value{}}
	kept = keptValue + len(id)
	for _, e := range want {
		v, known := n.value(e)
		if !known {
			continue
		}
		u.Values[e.Path] = v
		kept += keptValue + len(v.Text)
		for _, name := range v.List {
			kept += keptValue + len(name)
		}
		for part, text := range v.Parts {
			kept += keptValue + len(part) + len(text)
		}
	}
	return u, kept
}

// value returns the value at an element of a user. known is false where the answer lacks the element or has an
// unexpected value there.
func (n *node) value(e export.Element) (v export.Value, known bool) {
	for name := range strings.SplitSeq(e.Path, ".") {
		if bare, ok := strings.CutSuffix(name, "[]"); ok {
			if n = n.child(bare); n == nil {
				return v, false
			}
			return n.names()
		}
		if n.kind != nodeObject {
			return v, n.nothing()
		}
		if n = n.child(name); n == nil {
			return v, false
		}
	}
	if n.kind == nodeScalar {
		return export.Value{Text: n.text}, true
	}
	v.Parts = n.parts(e)
	return v, len(v.Parts) > 0
}

// names returns the names of the items of a list.
func (n *node) names() (v export.Value, known bool) {
	if n.nothing() {
		return v, true
	}
	if n.kind == nodeScalar {
		return v, false
	}
	for _, item := range n.kids {
		name := item.node
		if item.kind != nodeScalar {
			name = item.child("name")
		}
		if name == nil || name.kind != nodeScalar {
			return export.Value{}, false
		}
		v.List = append(v.List, name.text)
	}
	return v, true
}

// parts returns the parts of an object that is one value. A look-up of a custom field shows all scalars it has.
func (n *node) parts(e export.Element) map[string]string {
	out := map[string]string{}
	if e.Kind == export.KindCustom && n.kind == nodeObject {
		for _, k := range n.kids {
			if k.kind == nodeScalar {
				out[k.name] = k.text
			}
		}
	}
	for _, part := range parts(e) {
		inner := export.Element{Path: part}
		if v, known := n.value(inner); known && v.Parts == nil {
			out[part] = v.Text
		}
	}
	return out
}
