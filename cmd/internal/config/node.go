package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

type kind uint8

const (
	kindNull kind = iota
	kindText
	kindBoolean
	kindNumber
	kindList
	kindMapping
)

func (k kind) String() string {
	return [...]string{"nothing", "text", "true or false", "a number", "a list", "a mapping"}[k]
}

// node is a YAML value with its line and with anchors resolved.
type node struct {
	kind    kind
	line    int
	text    string  // of a scalar: the text, or the number as it was written
	items   []*node // of a list
	entries []entry // of a mapping, in file order, every key once
	size    int     // nodes below and including this one, each counted as often as aliases repeat it
}

type entry struct {
	key   string
	kind  kind // of the key: an unquoted 007 is a number
	line  int
	value *node
}

func (n *node) find(key string) *entry {
	for i := range n.entries {
		if n.entries[i].key == key {
			return &n.entries[i]
		}
	}
	return nil
}

// hash returns the SHA-256 of the content. Comments, formatting and anchors do not count. The order of keys does, because
// the order of columns does.
func (n *node) hash() string {
	h := sha256.New()
	n.dump(h)
	return hex.EncodeToString(h.Sum(nil))
}

func (n *node) dump(w io.Writer) {
	fmt.Fprintf(w, "%d %q [", n.kind, n.text)
	for _, item := range n.items {
		item.dump(w)
	}
	for _, e := range n.entries {
		fmt.Fprintf(w, "%d %q:", e.kind, e.key)
		e.value.dump(w)
	}
	io.WriteString(w, "]")
}

// variables adds the NAME of every {env: NAME} below the node, wherever it stands: one name too many does no harm.
func (n *node) variables(names *[]string) {
	if e := n.find("env"); e != nil && e.value.kind == kindText {
		*names = append(*names, e.value.text)
	}
	for _, item := range n.items {
		item.variables(names)
	}
	for _, e := range n.entries {
		e.value.variables(names)
	}
}
