package feed

import (
	"bytes"
	"unsafe"

	"github.com/hr2coupa/hr2coupa/export"
)

// chunk is what CSV and JSON Lines chunks share: whole records, and how many of them have been read.
type chunk struct {
	src     *source
	blk     *block
	buf     []byte
	seq     int
	off     int // where the next record begins
	line    int // its physical line
	settled []settled
	open    bool // its last record is the last of the file and has no line end

	checked bool // buf has been searched for bytes that are not text
	suspect bool // buf holds such bytes, so each record is checked
}

// Seq returns the number of the chunk in its pass, from 0.
func (c *chunk) Seq() int { return c.seq }

// Release frees the chunk's memory for the next read. A second call does nothing.
func (c *chunk) Release() {
	if c.blk == nil {
		return
	}
	blk := c.blk
	c.blk, c.buf, c.settled = nil, nil, nil
	c.off = 0
	blk.release()
}

// begin prepares rec for the record at c.off. It reports whether the fault of that record is already known.
func (c *chunk) begin(rec *export.Record) bool {
	rec.Header, rec.File, rec.Line = c.src.header, c.src.header.File, c.line
	rec.Fault, rec.Lost, rec.Open = nil, false, false
	if len(c.settled) == 0 || c.settled[0].off != c.off {
		return false
	}
	st := c.settled[0]
	c.settled = c.settled[1:]
	c.fail(rec, st.fault)
	rec.Lost = st.lost
	c.off += st.size
	c.line++
	c.end(rec)
	return true
}

// end marks the record just read if it is the last of a file that ends without a line end.
func (c *chunk) end(rec *export.Record) { rec.Open = c.open && c.done() }

// done reports whether all records have been read.
func (c *chunk) done() bool { return c.off >= len(c.buf) && len(c.settled) == 0 }

// check returns what is wrong with a record's bytes before they are read as text; nil where nothing is. The whole chunk
// is searched at once, which is several times cheaper than record by record.
func (c *chunk) check(b []byte) *export.Fault {
	if bytes.IndexByte(b, 0) >= 0 {
		return c.src.fault(c.line, ruleNUL, sayNUL)
	}
	if !c.src.text.sound(b) {
		return c.src.encodingFault(c.line)
	}
	return nil
}

// survey searches the whole chunk, once.
func (c *chunk) survey() {
	if !c.checked {
		c.checked = true
		c.suspect = c.check(c.buf) != nil
	}
}

func (c *chunk) fail(rec *export.Record, f *export.Fault) {
	rec.Fault = f
	rec.Values = rec.Values[:0]
	rec.Missing = nil
}

// alias returns b as a string without copying; it is valid until the chunk is released.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
