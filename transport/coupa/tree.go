package coupa

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"
)

// node is a value of an answer, in XML or JSON. Users have hundreds of elements, more in each release, so we read them
// as a tree and take only what we asked for.
type node struct {
	kind nodeKind
	text string // of a scalar; a number or a flag as text
	kids []kid  // of an object, or of a list
}

type kid struct {
	name string
	*node
}

type nodeKind uint8

const (
	nodeScalar nodeKind = iota // null is an empty scalar
	nodeObject
	nodeList
)

var (
	errShape   = errors.New("not what was asked for")
	errCharset = errors.New("not UTF-8")
)

// tree reads an answer as a stream. It holds only what take has not taken yet.
type tree struct {
	steps *steps
	root  nodeKind
	// take is called with every complete element and its parent; what it takes is not kept in the tree.
	take func(in, k kid, depth int) (taken bool, err error)

	nodes, size int // nodes and bytes in memory
}

// readTree reads an answer. The root element of XML is a single object or the list of them. Any other root is a list
// only if its type says so: some releases of Rails call an empty list nil-classes.
func readTree(a *answer, single, plural string, take func(t *tree, in, k kid, depth int) (bool, error)) (*node, error) {
	t := &tree{steps: &steps{from: transform.NewReader(a.all(), encoding.UTF8Validator)}}
	t.take = func(in, k kid, depth int) (bool, error) { return take(t, in, k, depth) }
	var root *node
	var err error
	switch a.kind() {
	case kindXML:
		root, err = t.readXML(single, plural)
	case kindJSON:
		root, err = t.readJSON()
	default:
		err = errShape
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return root, err
}

func (t *tree) readXML(single, plural string) (*node, error) {
	d := xml.NewDecoder(t.steps)
	d.CharsetReader = utf8Only
	for {
		tok, err := t.token(d)
		if err != nil {
			return nil, err
		}
		root, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		switch name := root.Name.Local; {
		case name == single:
			t.root = nodeObject
		case name == plural, array(root):
			t.root = nodeList
		default:
			return nil, errShape
		}
		return t.element(d, root, t.root, 0)
	}
}

// utf8Only refuses every other encoding: read as UTF-8 it would be wrong names.
func utf8Only(label string, r io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "utf8", "ascii", "us-ascii":
		return r, nil
	}
	return nil, errCharset
}

func array(e xml.StartElement) bool {
	for _, a := range e.Attr {
		if a.Name.Local == "type" && a.Value == "array" {
			return true
		}
	}
	return false
}

func (t *tree) token(d *xml.Decoder) (xml.Token, error) {
	t.steps.next()
	return d.Token()
}

func (t *tree) element(d *xml.Decoder, start xml.StartElement, kind nodeKind, depth int) (*node, error) {
	in := kid{hyphens(start.Name.Local), &node{kind: kind}}
	if err := t.hold(depth, 0); err != nil {
		return nil, err
	}
	var text strings.Builder
	for {
		tok, err := t.token(d)
		if err != nil {
			return nil, err
		}
		switch tok := tok.(type) {
		case xml.CharData:
			if in.kind != nodeScalar { // text between elements is layout
				continue
			}
			if err := t.grow(len(tok)); err != nil {
				return nil, err
			}
			text.Write(tok)
		case xml.StartElement:
			held := *t
			kind := nodeScalar
			if array(tok) {
				kind = nodeList
			}
			n, err := t.element(d, tok, kind, depth+1)
			if err != nil {
				return nil, err
			}
			if in.kind == nodeScalar {
				in.kind = nodeObject
			}
			if err := t.put(in, kid{hyphens(tok.Name.Local), n}, depth+1, held); err != nil {
				return nil, err
			}
		case xml.EndElement:
			if in.kind == nodeScalar {
				in.text = text.String()
			}
			return in.node, nil
		}
	}
}

// put passes a complete element to take, or keeps it. before is the state of the tree before the element.
func (t *tree) put(in, k kid, depth int, before tree) error {
	taken, err := t.take(in, k, depth)
	if taken {
		t.nodes, t.size = before.nodes, before.size
		return err
	}
	in.kids = append(in.kids, k)
	return err
}

// hold counts an element.
func (t *tree) hold(depth, size int) error {
	if depth > maxDepth {
		return tooMuch("it is nested deeper than %d levels", maxDepth)
	}
	if t.nodes++; t.nodes > maxNodes {
		return tooMuch("one of its entries has more than %d elements", maxNodes)
	}
	return t.grow(size)
}

// grow counts the bytes of a text.
func (t *tree) grow(size int) error {
	if t.size += size; t.size > 4*maxToken {
		return tooMuch("one of its entries is longer than %d KB", 4*maxToken>>10)
	}
	return nil
}

func (t *tree) readJSON() (*node, error) {
	d := json.NewDecoder(t.steps)
	d.UseNumber()
	root, err := t.value(d, "", 0)
	if err != nil {
		return nil, err
	}
	t.steps.next()
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.Join(errShape, err)
	}
	return root, nil
}

// value reads a JSON value; name is its key.
func (t *tree) value(d *json.Decoder, name string, depth int) (*node, error) {
	t.steps.next()
	tok, err := d.Token()
	if err != nil {
		return nil, err
	}
	open, nested := tok.(json.Delim)
	if !nested {
		n := &node{}
		if tok != nil {
			n.text = fmt.Sprint(tok)
		}
		return n, t.hold(depth, len(n.text))
	}
	in := kid{name, &node{kind: nodeList}}
	if open == '{' {
		in.kind = nodeObject
	}
	if depth == 0 {
		t.root = in.kind
	}
	if err := t.hold(depth, 0); err != nil {
		return nil, err
	}
	for t.more(d) {
		held := *t
		k := kid{}
		if in.kind == nodeObject {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			k.name = hyphens(fmt.Sprint(key))
			if err := t.grow(len(k.name)); err != nil {
				return nil, err
			}
			t.steps.next()
		}
		if k.node, err = t.value(d, k.name, depth+1); err != nil {
			return nil, err
		}
		if err := t.put(in, k, depth+1, held); err != nil {
			return nil, err
		}
	}
	_, err = d.Token()
	return in.node, err
}

func (t *tree) more(d *json.Decoder) bool {
	t.steps.next()
	return d.More()
}

// hyphens returns an element name as Coupa's answers spell it; custom fields also occur with underscores.
func hyphens(name string) string { return strings.ReplaceAll(name, "_", "-") }

func (n *node) child(name string) *node {
	for _, k := range n.kids {
		if k.name == name {
			return k.node
		}
	}
	return nil
}

// nothing reports whether a node stands for null: <x nil="true"/>, <x/>, null, "".
func (n *node) nothing() bool { return n.kind == nodeScalar && strings.TrimSpace(n.text) == "" }

// texts returns every text below a node that is not empty.
func (n *node) texts() []string {
	if n.kind == nodeScalar {
		return []string{n.text}
	}
	var out []string
	for _, k := range n.kids {
		out = append(out, k.texts()...)
	}
	return out
}
