package feed

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

// csvChunk cuts CSV records into fields.
type csvChunk struct {
	chunk
	lines []int32 // for each record still to come: its length if it is a line without quotes; else 0
	delim uint64  // eight times the delimiter
}

var _ export.Chunk = (*csvChunk)(nil)

// Next fills rec with the next record; it returns false at the end of the chunk. Without faults it allocates nothing
// once rec.Values has grown to the header's width.
func (c *csvChunk) Next(rec *export.Record) bool {
	c.survey()
	for !c.done() {
		if c.begin(rec) {
			c.lines = c.lines[1:]
			return true
		}
		b := c.buf[c.off:]
		if blankLine(b) {
			c.off += firstLine(b)
			c.line++
			continue
		}
		size := int(c.lines[0])
		c.lines = c.lines[1:]
		if size > 0 {
			c.plain(rec, trimCR(bytes.TrimSuffix(b[:size], newline)), size)
		} else {
			c.quoted(rec, b, firstLine(b))
		}
		return true
	}
	return false
}

// blankLine reports whether b, which is not empty, begins with a blank line.
func blankLine(b []byte) bool {
	if b[0] == '\r' {
		b = b[1:]
	}
	return len(b) == 0 || b[0] == '\n'
}

// plain cuts a line without quotes.
func (c *csvChunk) plain(rec *export.Record, line []byte, size int) {
	if c.suspect {
		if f := c.check(line); f != nil {
			c.give(rec, f, size, 1)
			return
		}
	}
	vals := c.room(rec)
	n, from := c.cut(vals, line)
	if n < len(vals) {
		vals[n] = alias(line[from:])
	}
	c.finish(rec, n+1, size, 1)
}

// cut puts the fields of b that end with a delimiter into vals, as far as there is room. It returns how many there are
// and where the next one begins. b has no quotes.
func (c *csvChunk) cut(vals []string, b []byte) (n, from int) {
	for at := 0; at < len(b); at += 64 {
		for m := matches(b[at:], c.delim); m != 0; m &= m - 1 {
			to := at + bits.TrailingZeros64(m)
			if n < len(vals) {
				vals[n] = alias(b[from:to])
			}
			n, from = n+1, to+1
		}
	}
	return n, from
}

// splat repeats a byte in all eight of a word.
func splat(b byte) uint64 { return uint64(b) * 0x0101010101010101 }

// matches returns a bit for each of the first 64 bytes of b, set where the byte is the one in delim. HR's fields are so
// short that a call of bytes.IndexByte for each would cost more than the search itself. A loop over the delimiters of
// each eight bytes would end at unpredictable branches.
func matches(b []byte, delim uint64) (m uint64) {
	if len(b) >= 64 {
		b = b[:64]
		for i := 0; i < 64; i += 8 {
			m |= matches8(binary.LittleEndian.Uint64(b[i:i+8]), delim) << i
		}
		return m
	}
	i := 0
	for ; i+8 <= len(b); i += 8 {
		m |= matches8(binary.LittleEndian.Uint64(b[i:]), delim) << i
	}
	last := ^delim // equal in no byte
	for k, c := range b[i:] {
		last = last&^(0xff<<(8*k)) | uint64(c)<<(8*k)
	}
	return m | matches8(last, delim)<<(i&63)
}

// matches8 is matches for the eight bytes of a word.
func matches8(w, delim uint64) uint64 {
	const low, gather = 0x7f7f7f7f7f7f7f7f, 0x0002040810204081
	w ^= delim
	top := ^(w&low + low | w | low) // the top bit of each byte that is equal
	return top * gather >> 56
}

// room makes room in rec for one value of each field of the header.
func (c *csvChunk) room(rec *export.Record) []string {
	width := len(c.src.header.Fields)
	if cap(rec.Values) < width {
		rec.Values = make([]string, width)
	}
	rec.Values, rec.Missing = rec.Values[:width], nil
	return rec.Values
}

// quoted cuts the record at the beginning of b. Its first line is first bytes long and holds a quote.
func (c *csvChunk) quoted(rec *export.Record, b []byte, first int) {
	if c.suspect {
		size, end := scanRecord(b, c.src.delim)
		if whole := end == byLine || end == byData; !whole {
			c.give(rec, c.src.fault(c.line, ruleQuote, sayQuote), first, 1)
			return
		}
		if f := c.check(b[:size]); f != nil {
			c.give(rec, f, size, linesOf(b[:size]))
			return
		}
	}
	vals := c.room(rec)
	n, i, lines := 0, 0, 1
	for f := (fieldSpan{}); f.end == byDelim; n++ {
		if i < first && b[i] != '"' { // fields without quotes, up to one that has them or ends the line
			more, from := c.cut(vals[min(n, len(vals)):], upTo(b[i:first], '"'))
			n, i = n+more, i+from
		}
		if k := plainlyQuoted(b[min(i, first):first], c.src.delim); k > 0 {
			if n < len(vals) {
				vals[n] = alias(b[i+1 : i+k-2])
			}
			i += k
			continue
		}
		f = scanField(b, i, c.src.delim)
		if f.end == broken || f.end == inQuotes {
			c.give(rec, c.brokenQuote(b[i:first], n), first, 1)
			return
		}
		text := b[f.from:f.to]
		if f.doubled || f.to >= first {
			lines += bytes.Count(text, newline)
			text = unquote(text)
		}
		if n < len(vals) {
			vals[n] = alias(text)
		}
		i = f.next
	}
	c.finish(rec, n, i, lines)
}

// brokenQuote returns the fault of a line that breaks in its field n, which begins at the beginning of b. What a spreadsheet
// writes as ="00123" is called that, since HR has quoted nothing.
func (c *csvChunk) brokenQuote(b []byte, n int) *export.Fault {
	if !bytes.HasPrefix(b, []byte(`="`)) {
		return c.src.fault(c.line, ruleQuote, sayQuote)
	}
	f := c.src.fault(c.line, ruleSheet, alike.SheetDamage(`="`))
	if n < len(c.src.header.Fields) {
		f.Field = c.src.header.Fields[n]
	}
	return f
}

// upTo returns b up to the first c, or all of it.
func upTo(b []byte, c byte) []byte {
	if k := bytes.IndexByte(b, c); k >= 0 {
		return b[:k]
	}
	return b
}

// plainlyQuoted returns the length, with its delimiter, of a quoted field that ends at its first quote and before
// another field of the line; 0 for any other field. Most quoted fields are like this, so they do not need the whole
// grammar.
func plainlyQuoted(b []byte, delim byte) int {
	if len(b) == 0 || b[0] != '"' {
		return 0
	}
	k := 1 + bytes.IndexByte(b[1:], '"')
	if k < 1 || k+1 >= len(b) || b[k+1] != delim {
		return 0
	}
	return k + 2
}

// finish moves past a record of n fields.
func (c *csvChunk) finish(rec *export.Record, n, size, lines int) {
	var f *export.Fault
	if n != len(c.src.header.Fields) {
		f = c.src.raggedFault(c.line, lines, n)
	}
	c.give(rec, f, size, lines)
}

func (c *csvChunk) give(rec *export.Record, f *export.Fault, size, lines int) {
	if f != nil {
		c.fail(rec, f)
	}
	c.off += size
	c.line += lines
	c.end(rec)
}

// linesOf counts physical lines; the last one may lack its end.
func linesOf(b []byte) int {
	n := bytes.Count(b, newline)
	if !bytes.HasSuffix(b, newline) {
		n++
	}
	return n
}
