package feed

import (
	"bytes"
	"unsafe"

	"github.com/hr2coupa/hr2coupa/export"
)

// chunk is what CSV and JSON Lines chunks share: whole records, and how far they have been given out.
type chunk struct {
	src     *source
	blk     *block
	buf     []byte
	seq     int
	off     int // where the next record begins
	line    int // its physical line
	settled []settled
	open    bool // its last record is the last of the file and has no line end

	checked bool // buf has been looked through for bytes that are no text
	suspect bool // and holds some: look at each record
}

// Seq counts the chunks of one pass from 0.
func (c *chunk) Seq() int { return c.seq }

// Release gives the chunk's memory back. A second call does nothing.
func (c *chunk) Release() {
	if c.blk == nil {
		return
	}
	blk := c.blk
	c.blk, c.buf, c.settled = nil, nil, nil
	c.off = 0
	blk.release()
}

// begin sets rec up for the record at c.off. It reports whether the fault of that record is settled already.
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

// end marks the record that was just given out if it is the last of a file that ends without a line end.
func (c *chunk) end(rec *export.Record) { rec.Open = c.open && c.done() }

// done reports whether all records have been given out.
func (c *chunk) done() bool { return c.off >= len(c.buf) && len(c.settled) == 0 }

// check says what is wrong with a record's bytes before anybody reads them as text. All of the chunk is looked through
// at once, which is several times cheaper than record by record.
func (c *chunk) check(b []byte) *export.Fault {
	if bytes.IndexByte(b, 0) >= 0 {
		return c.src.fault(c.line, ruleNUL, sayNUL)
	}
	if !c.src.text.sound(b) {
		return c.src.encodingFault(c.line)
	}
	return nil
}

// survey looks the whole chunk through, once.
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

// alias returns b as a string without copying; good until the chunk is released.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
