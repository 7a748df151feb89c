package feed

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// jsonChunk reads the wanted fields of JSON Lines.
type jsonChunk struct {
	chunk
	seen []bool // fields of the record at hand
}

var _ export.Chunk = (*jsonChunk)(nil)

// Next fills rec with the next record; it returns false at the end of the chunk.
func (c *jsonChunk) Next(rec *export.Record) bool {
	c.survey()
	for !c.done() {
		if c.begin(rec) {
			return true
		}
		size := firstLine(c.buf[c.off:])
		line := bytes.TrimSpace(c.buf[c.off : c.off+size])
		if len(line) > 0 {
			if f := c.fill(rec, line); f != nil {
				c.fail(rec, f)
			}
		}
		c.off += size
		c.line++
		if len(line) > 0 {
			c.end(rec)
			return true
		}
	}
	return false
}

// fill reads one object. It first checks the line as a whole, so that the walk over it may rely on the grammar.
func (c *jsonChunk) fill(rec *export.Record, line []byte) *export.Fault {
	if c.suspect {
		if f := c.check(line); f != nil {
			return f
		}
	}
	if line[0] != '{' || !json.Valid(line) {
		return c.src.fault(c.line, ruleJSON, sayJSON)
	}
	c.reset(rec)
	w := walker{b: line, i: 1}
	for w.space() != '}' {
		if w.b[w.i] == ',' {
			w.i++
			w.space()
		}
		i, wanted := c.field(w.str())
		w.space() // the colon
		w.i++
		w.space()
		if !wanted {
			w.skip()
			continue
		}
		if f := c.value(rec, i, &w); f != nil {
			return f
		}
	}
	return nil
}

// reset makes every field of rec missing.
func (c *jsonChunk) reset(rec *export.Record) {
	width := len(c.src.header.Fields)
	if len(c.seen) != width {
		c.seen = make([]bool, width)
	}
	if cap(rec.Missing) < width {
		rec.Missing = make([]bool, width)
	}
	if cap(rec.Values) < width {
		rec.Values = make([]string, width)
	}
	rec.Missing, rec.Values = rec.Missing[:width], rec.Values[:width]
	for i := range width {
		c.seen[i], rec.Missing[i], rec.Values[i] = false, true, ""
	}
}

// field looks a quoted name up in the header.
func (c *jsonChunk) field(quoted []byte) (i int, wanted bool) {
	name := alias(quoted[1 : len(quoted)-1])
	if strings.IndexByte(name, '\\') >= 0 {
		name, _ = unescape(quoted)
	}
	i, wanted = c.src.index[name]
	return i, wanted
}

// value reads the value at w into field i.
func (c *jsonChunk) value(rec *export.Record, i int, w *walker) *export.Fault {
	name := c.src.header.Fields[i]
	if c.seen[i] {
		return c.src.fieldFault(c.line, name, "stands twice in the object")
	}
	c.seen[i] = true
	switch w.b[w.i] {
	case '"':
		v, f := c.text(w.str(), name)
		rec.Values[i], rec.Missing[i] = v, false
		return f
	case '[':
		v, f := c.list(w, name)
		rec.Values[i], rec.Missing[i] = v, false
		return f
	case '{':
		return c.src.fieldFault(c.line, name, "has an object as its value")
	case 'n': // said to be nothing, which is more than a field that is left out
		w.skip()
		rec.Missing[i] = false
		return nil
	}
	rec.Values[i], rec.Missing[i] = alias(w.skip()), false
	return nil
}

// text returns the value of a quoted string.
func (c *jsonChunk) text(quoted []byte, name string) (string, *export.Fault) {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return alias(quoted[1 : len(quoted)-1]), nil
	}
	v, sound := unescape(quoted)
	if !sound {
		return "", c.src.fieldFault(c.line, name, `has a \u escape that is half a surrogate pair`)
	}
	if strings.IndexByte(v, 0) >= 0 {
		f := c.src.fault(c.line, ruleNUL, sayNUL)
		f.Field = name
		return "", f
	}
	return v, nil
}

// list joins an array of strings with commas.
func (c *jsonChunk) list(w *walker, name string) (string, *export.Fault) {
	var items []string
	for w.i++; w.space() != ']'; {
		switch w.b[w.i] {
		case ',':
			w.i++
			continue
		case '"':
		default:
			return "", c.src.fieldFault(c.line, name, "is an array of something other than text")
		}
		v, f := c.text(w.str(), name)
		if f != nil {
			return "", f
		}
		if strings.IndexByte(v, ',') >= 0 {
			return "", c.src.fieldFault(c.line, name, "has an array element with a comma in it, which would read as two")
		}
		items = append(items, v)
	}
	w.i++
	return strings.Join(items, ","), nil
}

// unescape decodes a quoted JSON string; sound is false where the decoder replaced half a surrogate pair by U+FFFD.
func unescape(quoted []byte) (v string, sound bool) {
	if err := json.Unmarshal(quoted, &v); err != nil {
		return "", false
	}
	given := bytes.Count(quoted, replacement) + bytes.Count(bytes.ToLower(quoted), []byte(`\ufffd`))
	return v, strings.Count(v, string(replacement)) <= given
}

// walker moves over JSON that is known to be valid.
type walker struct {
	b []byte
	i int
}

// space moves over white space and returns the byte after it.
func (w *walker) space() byte {
	for {
		switch c := w.b[w.i]; c {
		case ' ', '\t', '\r', '\n':
			w.i++
		default:
			return c
		}
	}
}

// str moves over a string and returns it, quotes included.
func (w *walker) str() []byte {
	from := w.i
	for w.i++; w.b[w.i] != '"'; w.i++ {
		if w.b[w.i] == '\\' {
			w.i++
		}
	}
	w.i++
	return w.b[from:w.i]
}

// skip moves over any value and returns its text.
func (w *walker) skip() []byte {
	from := w.i
	for depth := 0; ; {
		switch w.b[w.i] {
		case '"':
			w.str()
		case '{', '[':
			depth++
			w.i++
		case '}', ']':
			depth--
			w.i++
		default:
			w.i++
		}
		if depth == 0 && (w.b[from] == '"' || w.b[from] == '{' || w.b[from] == '[' || bytes.IndexByte([]byte(",]} \t\r\n"), w.b[w.i]) >= 0) {
			return w.b[from:w.i]
		}
	}
}
