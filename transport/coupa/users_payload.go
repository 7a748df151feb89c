package coupa

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// node is a value of an answer, XML and JSON alike. Users have hundreds of elements, more in each release, so they are
// read as a tree from which only what was asked for is taken.
type node struct {
	kind nodeKind
	text string // of a scalar: a number or a flag as its text
	kids []kid  // of an object, or of a list
}

type kid struct {
	name string
	*node
}

type nodeKind uint8

const (
	scalar nodeKind = iota // null is an empty one
	object
	list
)

// maxDepth is far more than users have; it keeps a hostile answer from exhausting the stack.
const maxDepth = 40

var errDeep = errors.New("nested too deeply")

// readUsers reads a list of users, or a single one, as far as want goes.
func readUsers(a *answer, want []export.Element) ([]export.User, error) {
	nodes, err := userNodes(a)
	if err != nil {
		return nil, &Error{Op: a.op(), Status: a.status, Msg: "the answer cannot be read: " + garbledUsers(a, err), Err: err, hope: garbled}
	}
	users := make([]export.User, len(nodes))
	for i, n := range nodes {
		id, known := n.value(ID())
		if !known || id.Text == "" { // it is always asked for; {"errors": ...} under 200 has none either
			return nil, &Error{Op: a.op(), Status: a.status, Msg: "the answer is not a user with an id", hope: garbled}
		}
		users[i] = export.User{ID: id.Text, Values: map[string]export.Value{}}
		for _, e := range want {
			if v, known := n.value(e); known {
				users[i].Values[e.Path] = v
			}
		}
	}
	return users, nil
}

func garbledUsers(a *answer, err error) string {
	return strings.Replace(garbledWhy(a, err), "a data file source", "users", 1)
}

func userNodes(a *answer) ([]*node, error) {
	var root *node
	var err error
	switch a.kind() {
	case kindXML:
		root, err = userXML(a.body)
	case kindJSON:
		root, err = treeJSON(a.body)
	default:
		return nil, errShape
	}
	if err != nil {
		return nil, err
	}
	switch root.kind {
	case object:
		return []*node{root}, nil
	case scalar:
		return nil, errShape
	}
	nodes := make([]*node, len(root.kids))
	for i, k := range root.kids {
		nodes[i] = k.node
	}
	return nodes, nil
}

// userXML takes the same liberties as readXML: any array is a list, any other root than a user's is none.
func userXML(body []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	root, err := firstElement(d)
	if err != nil {
		return nil, err
	}
	name := root.Name.Local
	if name != "user" && name != "users" && !array(root) {
		return nil, errShape
	}
	n, err := treeXML(d, root, 0)
	if err == nil && name != "user" {
		n.kind = list
	}
	return n, err
}

func treeXML(d *xml.Decoder, start xml.StartElement, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, errDeep
	}
	n := &node{}
	if array(start) {
		n.kind = list
	}
	var text strings.Builder
	for {
		t, err := d.Token()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			k, err := treeXML(d, t, depth+1)
			if err != nil {
				return nil, err
			}
			if n.kind == scalar {
				n.kind = object
			}
			n.kids = append(n.kids, kid{hyphens(t.Name.Local), k})
		case xml.EndElement:
			if n.kind == scalar {
				n.text = text.String()
			}
			return n, nil
		}
	}
}

func treeJSON(body []byte) (*node, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	n, err := jsonNode(d, 0)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func jsonNode(d *json.Decoder, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, errDeep
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	open, nested := t.(json.Delim)
	if !nested {
		if t == nil {
			return &node{}, nil
		}
		return &node{text: fmt.Sprint(t)}, nil
	}
	n := &node{kind: list}
	if open == '{' {
		n.kind = object
	}
	for d.More() {
		k := kid{}
		if n.kind == object {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			k.name = hyphens(fmt.Sprint(key))
		}
		if k.node, err = jsonNode(d, depth+1); err != nil {
			return nil, err
		}
		n.kids = append(n.kids, k)
	}
	_, err = d.Token()
	return n, err
}

// hyphens writes an element name as Coupa's answers do; custom fields are seen with underscores too.
func hyphens(name string) string { return strings.ReplaceAll(name, "_", "-") }

func (n *node) child(name string) *node {
	for _, k := range n.kids {
		if k.name == name {
			return k.node
		}
	}
	return nil
}

// nothing tells whether a node stands for null: <x nil="true"/>, <x/>, null, "".
func (n *node) nothing() bool { return n.kind == scalar && strings.TrimSpace(n.text) == "" }

// value takes the value at an element out of a user. It is not known where the answer lacks the element, or has
// something there that does not belong.
func (n *node) value(e export.Element) (v export.Value, known bool) {
	for name := range strings.SplitSeq(e.Path, ".") {
		if bare, ok := strings.CutSuffix(name, "[]"); ok {
			if n = n.child(bare); n == nil {
				return v, false
			}
			return n.names()
		}
		if n.kind != object {
			return v, n.nothing()
		}
		if n = n.child(name); n == nil {
			return v, false
		}
	}
	if n.kind == scalar {
		return export.Value{Text: n.text}, true
	}
	v.Parts = n.parts(e)
	return v, len(v.Parts) > 0
}

// names takes the names of the items of a list.
func (n *node) names() (v export.Value, known bool) {
	if n.nothing() {
		return v, true
	}
	if n.kind == scalar {
		return v, false
	}
	for _, item := range n.kids {
		name := item.node
		if item.kind != scalar {
			name = item.child("name")
		}
		if name == nil || name.kind != scalar {
			return export.Value{}, false
		}
		v.List = append(v.List, name.text)
	}
	return v, true
}

// parts takes what makes up an object that is one value. A look-up of a custom field shows whatever scalars it has.
func (n *node) parts(e export.Element) map[string]string {
	out := map[string]string{}
	if e.Kind == export.KindCustom && n.kind == object {
		for _, k := range n.kids {
			if k.kind == scalar {
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
