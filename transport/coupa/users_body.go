package coupa

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// field is one element of a body. Its value is a string, a bool, a json.Number, nil (the element is emptied), []field
// (an object), or items.
type field struct {
	name  string
	value any
}

// items is a list of objects; in XML each has the singular of the list's name.
type items [][]field

// userBody returns cells as the body of a PUT or POST.
func userBody(format string, cells []export.ElementCell) ([]byte, error) {
	var fields []field
	for _, c := range cells {
		if c.Cell.State == export.Absent {
			continue
		}
		if err := Writable(c.Element.Column); err != nil {
			return nil, err
		}
		v, send, err := written(c)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Element.Column, err)
		}
		if send {
			fields = put(fields, writtenPath(c), v)
		}
	}
	if len(fields) == 0 {
		return nil, fmt.Errorf("there is nothing to write")
	}
	if format == "json" {
		return writeJSON(fields)
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	writeXML(&b, field{"user", fields})
	return b.Bytes(), nil
}

// writtenPath returns the path at which a cell is written. A reference is emptied as a whole: <department/>.
func writtenPath(c export.ElementCell) []string {
	path := strings.Split(c.Element.Path, ".")
	reference := len(path) > 1 && path[0] != "default-address" && path[0] != "custom-fields"
	if reference && emptied(c) {
		return path[:1]
	}
	return path
}

func emptied(c export.ElementCell) bool {
	text := strings.TrimSpace(c.Cell.Text)
	return c.Cell.State == export.Clear || text == "" || text == c.Element.Empty
}

// written returns the value of a cell on the wire; send is false where a cell asks for no change.
func written(c export.ElementCell) (v any, send bool, err error) {
	text := c.Cell.Text
	switch kind := c.Element.Kind; {
	case kind == export.KindRemoval:
		return nil, export.Truth(text) == "true", nil
	case kind == export.KindNames:
		return namesOf(c), true, nil
	case emptied(c):
		return nil, true, nil
	case kind == export.KindBool, kind == export.KindStatus:
		truth := export.Truth(text)
		if truth != "true" && truth != "false" {
			return nil, false, fmt.Errorf("is neither yes nor no")
		}
		return truth == "true", true, nil
	case kind == export.KindInteger:
		return json.Number(strings.TrimSpace(text)), true, nil
	case kind == export.KindPhone:
		p := export.ParsePhone(text)
		return []field{{"country-code", p.Country}, {"area-code", p.Area}, {"number", p.Number}, {"extension", p.Extension}}, true, nil
	case kind == export.KindLimit:
		return limitOf(text), true, nil
	case c.Element.Path == "authentication-method": // coupa_credentials, ldap, saml, and case counts (Users API)
		return strings.ToLower(text), true, nil
	}
	return text, true, nil
}

func limitOf(text string) []field {
	if amount, currency, ok := export.ParseLimit(text); ok {
		return []field{{"amount", amount}, {"currency", []field{{"code", currency}}}}
	}
	return []field{{"name", text}}
}

func namesOf(c export.ElementCell) items {
	out := items{}
	if emptied(c) {
		return out
	}
	for name := range strings.SplitSeq(c.Cell.Text, ",") {
		if name = strings.TrimSpace(name); name != "" {
			out = append(out, []field{{"name", name}})
		}
	}
	return out
}

// put sets the value at a path; fields of one object are collected in it.
func put(fields []field, path []string, v any) []field {
	name, rest := strings.TrimSuffix(path[0], "[]"), path[1:]
	if _, ok := v.(items); ok || len(rest) == 0 {
		return append(fields, field{name, v})
	}
	for i, f := range fields {
		if inner, ok := f.value.([]field); ok && f.name == name {
			fields[i].value = put(inner, rest, v)
			return fields
		}
	}
	return append(fields, field{name, put(nil, rest, v)})
}

func writeXML(b *bytes.Buffer, f field) {
	b.WriteString("<" + f.name)
	switch v := f.value.(type) {
	case nil:
	case []field:
		b.WriteByte('>')
		for _, inner := range v {
			writeXML(b, inner)
		}
		b.WriteString("</" + f.name + ">")
		return
	case items:
		if len(v) == 0 { // <roles/> removes all roles (Remove a Role from a User)
			break
		}
		b.WriteByte('>')
		for _, item := range v {
			writeXML(b, field{singular(f.name), item})
		}
		b.WriteString("</" + f.name + ">")
		return
	default:
		b.WriteByte('>')
		xml.EscapeText(b, []byte(fmt.Sprint(v)))
		b.WriteString("</" + f.name + ">")
		return
	}
	b.WriteString("/>")
}

// singular returns the name of one item of a list: roles, role.
func singular(name string) string { return strings.TrimSuffix(name, "s") }

func writeJSON(fields []field) ([]byte, error) { return json.Marshal(plainJSON(fields)) }

// plainJSON turns a body's value into values that encoding/json writes.
func plainJSON(v any) any {
	switch v := v.(type) {
	case []field:
		out := make(map[string]any, len(v))
		for _, f := range v {
			out[f.name] = plainJSON(f.value)
		}
		return out
	case items:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = plainJSON(item)
		}
		return out
	}
	return v
}

// fieldsOf returns the argument fields, which limits an answer to the elements of want and the id (API Return Formats).
func fieldsOf(want []export.Element) string {
	fields := []field{{"id", nil}}
	seen := map[string]bool{"id": true}
	add := func(path string) {
		if !seen[path] {
			seen[path] = true
			fields = put(fields, strings.Split(path, "."), nil)
		}
	}
	for _, e := range want {
		path := strings.ReplaceAll(e.Path, "[]", "")
		inner := parts(e)
		if inner == nil {
			add(path)
		}
		for _, part := range inner {
			add(path + "." + part)
		}
	}
	b, _ := json.Marshal(fieldList(fields)) // strings and lists of them: it cannot fail
	return string(b)
}

func fieldList(fields []field) []any {
	out := make([]any, len(fields))
	for i, f := range fields {
		out[i] = f.name
		if inner, ok := f.value.([]field); ok {
			out[i] = map[string]any{f.name: fieldList(inner)}
		}
	}
	return out
}
