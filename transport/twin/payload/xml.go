package payload

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// WriteXML writes a record as Coupa's XML: types as attributes, nil="true" for null
// ("Differences between XML and JSON in Coupa").
func WriteXML(w io.Writer, name string, v any) error {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	writeElement(&b, name, v, "")
	_, err := io.WriteString(w, b.String())
	return err
}

func writeElement(b *strings.Builder, name string, v any, indent string) {
	b.WriteString(indent + "<" + name)
	switch v := v.(type) {
	case nil:
		b.WriteString(` nil="true"/>` + "\n")
		return
	case Record:
		b.WriteString(">\n")
		for _, key := range v.SortedKeys() {
			writeElement(b, key, v[key], indent+"  ")
		}
		b.WriteString(indent)
	case []any:
		b.WriteString(` type="array">` + "\n")
		for _, item := range v {
			writeElement(b, singular(name), item, indent+"  ")
		}
		b.WriteString(indent)
	default:
		fmt.Fprintf(b, "%s>", typeAttribute(name, v))
		xml.EscapeText(b, []byte(TextOf(v)))
	}
	b.WriteString("</" + name + ">\n")
}

func typeAttribute(name string, v any) string {
	switch v.(type) {
	case int64:
		return ` type="integer"`
	case bool:
		return ` type="boolean"`
	}
	if strings.HasSuffix(name, "-at") || name == "start-time" || name == "end-time" {
		return ` type="datetime"`
	}
	return ""
}

// WriteXMLErrors writes messages as Coupa's XML.
func WriteXMLErrors(w io.Writer, texts []string) {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<errors>\n")
	for _, text := range texts {
		b.WriteString("  <error>")
		xml.EscapeText(&b, []byte(text))
		b.WriteString("</error>\n")
	}
	b.WriteString("</errors>\n")
	io.WriteString(w, b.String())
}

// maxDepth bounds the nesting of a request body.
const maxDepth = 12

// ReadXML reads one element with everything in it. An empty list, <roles/>, is read as empty text: the
// caller knows which elements are lists.
func ReadXML(r io.Reader) (name string, v any, err error) {
	dec := xml.NewDecoder(r)
	for {
		tok, err := dec.Token()
		if err != nil {
			return "", nil, fmt.Errorf("body is not XML: %w", err)
		}
		if start, ok := tok.(xml.StartElement); ok {
			v, err := readElement(dec, start, 0)
			return start.Name.Local, v, err
		}
	}
}

func readElement(dec *xml.Decoder, start xml.StartElement, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errors.New("body is nested too deeply")
	}
	var text strings.Builder
	children := Record{}
	var items []any
	for {
		tok, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("body is not XML: %w", err)
		}
		switch tok := tok.(type) {
		case xml.CharData:
			text.Write(tok)
		case xml.StartElement:
			inner, err := readElement(dec, tok, depth+1)
			if err != nil {
				return nil, err
			}
			children[hyphens(tok.Name.Local)] = inner
			items = append(items, inner)
		case xml.EndElement:
			return elementValue(start, strings.TrimSpace(text.String()), children, items), nil
		}
	}
}

func elementValue(start xml.StartElement, text string, children Record, items []any) any {
	name := hyphens(start.Name.Local)
	for _, attr := range start.Attr {
		switch {
		case attr.Name.Local == "nil" && attr.Value == "true":
			return nil
		case attr.Name.Local == "type" && attr.Value == "array":
			return append([]any{}, items...)
		}
	}
	// <roles><role/>…</roles>: children named as one item of their parent make a list.
	if _, ok := children[singular(name)]; ok && len(children) == 1 && singular(name) != name {
		return items
	}
	if len(children) > 0 {
		return children
	}
	return text
}
