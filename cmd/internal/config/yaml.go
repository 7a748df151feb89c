package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	maxDepth = 64      // nested brackets, or list dashes on one line
	maxNodes = 100_000 // after anchors are expanded
	maxKeys  = 10_000  // of all mappings together: the parser's time grows with the square of the keys of a mapping
	maxDocs  = 100     // and with that of the documents
	maxItems = 10_000  // of a list of texts
	maxMarks = 20_000  // dashes and commas of all lists together
)

// parse turns the text into a tree; nil after a fault that leaves no tree to check.
func (r *reader) parse(data []byte) *node {
	if len(data) > maxConfig {
		r.fault(0, "", "it is larger than 1 MB", "put long look-up tables into CSV files")
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		r.fault(invalidLine(data), "", "it is not UTF-8", "save it as UTF-8")
		return nil
	}
	// The parser counts a CR LF as two lines in places.
	body, ok := r.body(strings.ReplaceAll(string(data), "\r\n", "\n"))
	if !ok {
		return nil
	}
	b := builder{r: r, anchors: map[string]*node{}}
	root := b.build(body)
	switch {
	case b.broken:
		return nil
	case root.kind == kindNull:
		r.fault(0, "", "it is empty", "hr2coupa init FEED.csv writes one from a feed")
		return nil
	case root.kind != kindMapping:
		r.fault(root.line, "", "it must be a mapping of keys to values, not "+root.kind.String(), "begin with instance: https://…")
		return nil
	}
	return root
}

func invalidLine(data []byte) int {
	line := 1
	for len(data) > 0 {
		c, size := utf8.DecodeRune(data)
		if c == utf8.RuneError && size == 1 {
			break
		}
		if c == '\n' {
			line++
		}
		data = data[size:]
	}
	return line
}

// body parses the one document of the text. The parser's messages quote the lines around the fault, secrets
// included: only its line and its own words are kept.
func (r *reader) body(src string) (body ast.Node, ok bool) {
	defer func() {
		if recover() != nil { // the parser is not ours, and an administrator's typing error is no crash
			r.fault(0, "", "not valid YAML", "")
			body, ok = nil, false
		}
	}()
	tokens := lexer.Tokenize(src)
	if line := tooDeep(tokens); line > 0 {
		r.fault(line, "", "it is nested too deeply", "")
		return nil, false
	}
	if f := tooMany(tokens); f != nil {
		r.fault(f.Line, "", f.Message, f.Hint)
		return nil, false
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.syntax(err)
		return nil, false
	}
	for _, doc := range file.Docs {
		if _, directive := doc.Body.(*ast.DirectiveNode); directive || doc.Body == nil {
			continue
		}
		if body != nil {
			r.fault(lineOf(doc.Body), "", "it holds more than one YAML document", "remove the --- between them")
			return nil, false
		}
		body = doc.Body
	}
	return body, true
}

func (r *reader) syntax(err error) {
	var y yaml.Error
	if !errors.As(err, &y) {
		r.fault(0, "", "not valid YAML", "")
		return
	}
	message, _, quotes := strings.Cut(y.GetMessage(), `"`) // behind a quote the file's text may follow
	if quotes {
		message = strings.TrimRight(message, " :")
	}
	line := 0
	if tk := y.GetToken(); tk != nil && tk.Position != nil {
		line = tk.Position.Line
	}
	r.fault(line, "", "not valid YAML: "+message, "look at this line and the one before it: indentation, quotes, brackets")
}

// tooDeep returns the line on which nesting goes beyond maxDepth, or 0: the parser recurses without a limit.
func tooDeep(tokens token.Tokens) int {
	depth, dashes, line := 0, 0, 0
	for _, tk := range tokens {
		if tk.Position.Line != line {
			line, dashes = tk.Position.Line, 0
		}
		switch tk.Type {
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			dashes++
		}
		if depth > maxDepth || dashes > maxDepth {
			return max(line, 1)
		}
	}
	return 0
}

// tooMany returns a fault if the text has more keys, documents or items than the parser may be given, else nil.
func tooMany(tokens token.Tokens) *Fault {
	keys, docs, marks := 0, 0, 0
	for _, tk := range tokens {
		switch tk.Type {
		case token.MappingValueType, token.MappingKeyType, token.MergeKeyType:
			keys++
		case token.DocumentHeaderType, token.DocumentEndType:
			docs++
		case token.SequenceEntryType, token.CollectEntryType:
			marks++
		}
		switch {
		case keys > maxKeys:
			return &Fault{Line: tk.Position.Line, Message: fmt.Sprintf("it has more than %d keys", maxKeys), Hint: "put long look-up tables into CSV files"}
		case marks > maxMarks:
			return &Fault{Line: tk.Position.Line, Message: fmt.Sprintf("its lists have more than %d items", maxMarks), Hint: "put long look-up tables into CSV files"}
		case docs > maxDocs:
			return &Fault{Line: tk.Position.Line, Message: "it holds more than one YAML document", Hint: "remove the --- between them"}
		}
	}
	return nil
}

func lineOf(n ast.Node) int {
	if n == nil {
		return 0
	}
	if tk := n.GetToken(); tk != nil && tk.Position != nil {
		return tk.Position.Line
	}
	return 0
}

// builder turns the parser's tree into ours. broken means that the tree must not be used.
type builder struct {
	r       *reader
	anchors map[string]*node
	depth   int
	broken  bool
}

func (b *builder) fail(line int, message, hint string) *node {
	b.r.fault(line, "", message, hint)
	b.broken = true
	return &node{line: line, size: 1}
}

func (b *builder) build(y ast.Node) *node {
	b.depth++
	defer func() { b.depth-- }()
	line := lineOf(y)
	if b.broken {
		return &node{line: line, size: 1}
	}
	if b.depth > maxDepth {
		return b.fail(line, "it is nested too deeply", "")
	}
	switch y := y.(type) {
	case nil, *ast.NullNode:
		return &node{line: line, size: 1}
	case *ast.StringNode:
		return scalar(kindText, line, y.Value)
	case *ast.LiteralNode:
		if y.Value == nil {
			return scalar(kindText, line, "")
		}
		return scalar(kindText, line, y.Value.Value)
	case *ast.BoolNode:
		return scalar(kindBoolean, line, y.Token.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return scalar(kindNumber, line, y.GetToken().Value)
	case *ast.SequenceNode:
		return b.sequence(y)
	case *ast.MappingNode:
		return b.mapping(line, y.Values)
	case *ast.MappingValueNode:
		return b.mapping(line, []*ast.MappingValueNode{y})
	case *ast.AnchorNode:
		n := b.build(y.Value)
		b.anchors[y.Name.GetToken().Value] = n
		return n
	case *ast.AliasNode:
		return b.alias(line, y)
	case *ast.TagNode:
		return b.tag(line, y)
	}
	return b.fail(line, "this YAML form is not used here", "write plain keys and values")
}

func scalar(k kind, line int, s string) *node { return &node{kind: k, line: line, text: s, size: 1} }

func (b *builder) alias(line int, y *ast.AliasNode) *node {
	n, ok := b.anchors[y.Value.GetToken().Value]
	if !ok {
		return b.fail(line, "an alias (*name) has no anchor (&name) before it", "")
	}
	there := *n
	there.line = line
	return &there
}

// tag understands !!str, the one tag that has a meaning here.
func (b *builder) tag(line int, y *ast.TagNode) *node {
	n := b.build(y.Value)
	if y.Start.Value != "!!str" || n.kind == kindList || n.kind == kindMapping {
		return b.fail(line, "YAML tags are not used here", "remove the word that begins with !")
	}
	n.kind = kindText
	return n
}

func (b *builder) sequence(y *ast.SequenceNode) *node {
	n := &node{kind: kindList, line: lineOf(y), size: 1}
	for _, v := range y.Values {
		item := b.build(v)
		n.items = append(n.items, item)
		b.grow(n, item)
	}
	return n
}

func (b *builder) mapping(line int, values []*ast.MappingValueNode) *node {
	n := &node{kind: kindMapping, line: line, size: 1}
	first := map[string]int{} // key to the line it was first given on
	var merged []entry
	for _, v := range values {
		value := b.build(v.Value)
		b.grow(n, value)
		if v.Key.IsMergeKey() {
			merged = append(merged, b.merge(lineOf(v.Key), value)...)
			continue
		}
		e := b.key(v.Key)
		e.value = value
		if b.broken {
			return n
		}
		if at, twice := first[e.key]; twice {
			// The key is not quoted: a pasted secret can look like one.
			b.r.fault(e.line, "", fmt.Sprintf("a key is given twice, first on line %d", at), "keep one of the two lines")
			continue
		}
		first[e.key] = e.line
		n.entries = append(n.entries, e)
	}
	for _, e := range merged { // a key that is written out wins over a merged one
		if _, have := first[e.key]; !have {
			first[e.key] = e.line
			n.entries = append(n.entries, e)
		}
	}
	return n
}

func (b *builder) key(y ast.MapKeyNode) entry {
	inner := ast.Node(y)
	if k, explicit := y.(*ast.MappingKeyNode); explicit { // "? key"
		inner = k.Value
	}
	n := b.build(inner)
	if n.kind == kindList || n.kind == kindMapping {
		n = b.fail(n.line, "a key must be text", "")
	}
	return entry{key: n.text, kind: n.kind, line: n.line}
}

// merge returns the entries of "<<: *base" or "<<: [*a, *b]".
func (b *builder) merge(line int, n *node) []entry {
	switch n.kind {
	case kindMapping:
		return n.entries
	case kindList:
		var all []entry
		for _, item := range n.items {
			all = append(all, b.merge(line, item)...)
		}
		return all
	}
	b.fail(line, "<< merges mappings only", "write <<: *name, the name of an anchored mapping")
	return nil
}

// grow adds the size of value to n. Aliases of aliases grow exponentially; nothing may walk such a tree.
func (b *builder) grow(n, value *node) {
	if n.size += value.size; n.size > maxNodes && !b.broken {
		b.fail(value.line, "it is too large once its anchors are expanded", "")
	}
}
