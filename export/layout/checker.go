package layout

import (
	"encoding/binary"
	"strings"
	"unsafe"

	"github.com/hr2coupa/hr2coupa/export"
)

// checker holds rows against the rules of a sheet as [Sheet.Check] does, and remembers texts that broke none.
type checker struct {
	sheet *Sheet
	memos []memo // by column
}

var _ export.RowChecker = (*checker)(nil)

// Checker makes a checker for one goroutine.
func (s *Sheet) Checker() export.RowChecker {
	return &checker{s, make([]memo, len(s.columns))}
}

// Check tells what [Sheet.Check] tells. A row without a fault costs no allocation beyond the texts that are remembered or
// had to be normalised.
func (k *checker) Check(row *export.Row) []export.Fault {
	told := faults{origin: row.Origin}
	key := k.sheet.First(row)
	for i := range k.sheet.columns {
		c, cell, m := &k.sheet.columns[i], &row.Cells[i], &k.memos[i]
		switch {
		case cell.State != export.Set || blank(cell.Text):
			k.sheet.check(i, cell, key, &told)
		case c.surely(cell.Text), m.find(cell):
		default:
			text, broken := cell.Text, len(told.list)
			if k.sheet.check(i, cell, key, &told); len(told.list) == broken && !m.off {
				m.keep(text, cell.Text)
			}
		}
	}
	return told.list
}

// surely tells whether text, which is not blank, certainly breaks no rule of a column of any text; it may say no to a
// good one.
func (c *column) surely(text string) bool {
	return c.kind == kindFree && len(text) >= c.min && len(text) <= c.max && plain(text)
}

// memo remembers texts of one column and what they are sent as. Most of HR's columns hold few different texts (countries,
// departments, yes and no), and to find one here costs a fraction of checking it. A text that falls on another's place
// takes it. A column with many different texts is soon given up.
type memo struct {
	slots  []remembered
	asked  int
	missed int
	off    bool
}

type remembered struct{ text, sent string }

const (
	memoSlots = 1 << memoBits
	memoBits  = 10
	memoTrial = 4 * memoSlots // after so many texts a memo that missed a third of them is given up
)

// find puts what cell is sent as into it, if its text is known to break no rule.
func (m *memo) find(cell *export.Cell) bool {
	if m.off {
		return false
	}
	m.asked++
	if m.slots != nil {
		if r := &m.slots[place(cell.Text)]; r.text == cell.Text {
			if r.sent != "" {
				cell.Text = r.sent
			}
			return true
		}
	}
	m.missed++
	if m.asked == memoTrial {
		if m.off = m.missed > m.asked/3; m.off {
			m.slots = nil
		}
		m.asked, m.missed = 0, 0
	}
	return false
}

// keep clones what it keeps: a cell's text may alias memory that is given back.
func (m *memo) keep(text, sent string) {
	if m.slots == nil {
		m.slots = make([]remembered, memoSlots)
	}
	r := remembered{text: strings.Clone(text)}
	if sent != text {
		r.sent = strings.Clone(sent)
	}
	m.slots[place(text)] = r
}

// place is a hash of a text's length and both its ends: what tells the values of one column apart.
func place(text string) uint64 {
	const odd = 0x9e3779b97f4a7c15
	n := len(text)
	b := unsafe.Slice(unsafe.StringData(text), n)
	h := uint64(n)
	switch {
	case n >= 8:
		h = (h^binary.LittleEndian.Uint64(b))*odd ^ binary.LittleEndian.Uint64(b[n-8:])
	case n >= 4:
		h ^= uint64(binary.LittleEndian.Uint32(b))<<32 | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<4
	default:
		h ^= uint64(b[0])<<32 | uint64(b[n/2])<<16 | uint64(b[n-1])<<8
	}
	return (h ^ h>>32) * odd >> (64 - memoBits)
}
