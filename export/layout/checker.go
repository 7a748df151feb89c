package layout

import (
	"encoding/binary"
	"strings"
	"unsafe"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

// checker checks rows by the rules of a sheet as [Sheet.Check] does, and remembers texts that broke none.
type checker struct {
	sheet  *Sheet
	memos  []memo // by column
	domain string // domain of the last e-mail address that broke no rule: most have the company's
}

var _ export.RowChecker = (*checker)(nil)

// Checker returns a checker for one goroutine.
func (s *Sheet) Checker() export.RowChecker {
	return &checker{sheet: s, memos: make([]memo, len(s.columns))}
}

// Check returns the same faults as [Sheet.Check]. A row without a fault costs no allocation, except for texts that are
// remembered or had to be normalised.
func (k *checker) Check(row *export.Row) []export.Fault {
	faults := rowFaults{origin: row.Origin}
	key := k.sheet.First(row)
	for i := range k.sheet.columns {
		c, cell, m := &k.sheet.columns[i], &row.Cells[i], &k.memos[i]
		// Blanks that are not ASCII fit no column and are in no memo, so that they come to sheet.check below.
		if cell.State != export.Set || cell.Text == "" || cell.Text[0] <= ' ' {
			k.sheet.check(i, cell, key, &faults)
			continue
		}
		good := false
		switch c.kind {
		case kindFree:
			good = c.fits(cell.Text)
		case kindEmail:
			good = k.colleague(c, cell.Text)
		case kindKey:
			good = c.sound(cell.Text)
		}
		if !good && !m.find(cell) {
			text, broken := cell.Text, len(faults.list)
			if k.sheet.check(i, cell, key, &faults); len(faults.list) == broken && !m.off && cell.State == export.Set {
				m.remember(text, cell.Text)
			}
			if c.kind == kindEmail && len(faults.list) == broken {
				k.remember(cell.Text)
			}
		}
	}
	return faults.list
}

// colleague reports whether an address certainly breaks no rule because the one before, which broke none, has the same
// domain; it may be false for a good address. An apostrophe in front is an atom, but a spreadsheet's.
func (k *checker) colleague(c *columnRules, address string) bool {
	at := len(address) - len(k.domain) - 1
	return k.domain != "" && at >= 1 && at <= maxLocal && address[at] == '@' && address[at+1:] == k.domain &&
		len(address) >= c.min && len(address) <= c.max && address[0] > '\'' && isAtoms(address[:at])
}

func (k *checker) remember(address string) {
	if domain := address[strings.LastIndexByte(address, '@')+1:]; plain(domain) && domain != k.domain {
		k.domain = strings.Clone(domain)
	}
}

// fits reports whether text certainly breaks no rule of a column of any text; it may be false for a good text.
func (c *columnRules) fits(text string) bool {
	return len(text) >= c.min && len(text) <= c.max && plain(text)
}

// sound reports the same for an employee number or a login that is not blank. Such a text is tidy.
func (c *columnRules) sound(text string) bool {
	return text[0] > ' ' && text[len(text)-1] > ' ' && c.fits(text) && alike.SheetDamage(text) == ""
}

// memo remembers texts of one column and the form in which they are sent. Most of HR's columns hold few different texts
// (countries, departments, yes and no), and finding one here costs a fraction of checking it. A text that hashes to
// another's place replaces it. A column with many different texts soon stops using its memo.
type memo struct {
	slots  []slot
	more   []remembered // for slots that need it
	asked  int
	missed int
	off    bool
}

// slot is what a memo compares. The few slots of a column are next to each other in memory, and most texts are
// recognised by their slot alone.
type slot struct {
	textEnds
	exact bool   // the ends alone identify the text, and it is sent unchanged; else memo.more decides
	more  uint16 // 1 and above: its place in memo.more, which stays whichever text takes the slot
}

type remembered struct{ text, sent string }

const (
	memoSlots = 1 << memoBits
	memoBits  = 10
	memoTrial = 4 * memoSlots // after this many texts a memo that missed a third of them is given up
)

// find replaces the text of cell by the form in which it is sent, and returns true, if the text is known to break no
// rule.
func (m *memo) find(cell *export.Cell) bool {
	if m.off {
		return false
	}
	m.asked++
	if m.slots != nil {
		e := endsOf(cell.Text)
		if s := &m.slots[e.place()]; s.textEnds == e && (s.exact || m.more[s.more-1].send(cell)) {
			return true
		}
	}
	m.missed++
	if m.asked == memoTrial {
		if m.off = m.missed > m.asked/3; m.off {
			m.slots, m.more = nil, nil
		}
		m.asked, m.missed = 0, 0
	}
	return false
}

// send replaces the text of cell by the form in which it is sent, and returns true, if cell has this text.
func (r *remembered) send(cell *export.Cell) bool {
	if r.text != cell.Text {
		return false
	}
	cell.Text = r.sent
	return true
}

// remember stores clones: a cell's text may alias memory that is reused.
func (m *memo) remember(text, sent string) {
	if m.slots == nil {
		m.slots = make([]slot, memoSlots)
	}
	e := endsOf(text)
	s := &m.slots[e.place()]
	s.textEnds = e
	if s.exact = e.whole() && sent == text; s.exact {
		return
	}
	r := remembered{text: strings.Clone(text)}
	if r.sent = r.text; sent != text {
		r.sent = strings.Clone(sent)
	}
	if s.more == 0 {
		m.more = append(m.more, remembered{})
		s.more = uint16(len(m.more))
	}
	m.more[s.more-1] = r
}

// textEnds are a text's length and its first and last eight bytes, or as many as it has. They usually distinguish the
// values of one column, and are the whole of a text of up to 16 bytes.
type textEnds struct {
	first, last uint64
	length      uint32
}

func (e textEnds) whole() bool { return e.length <= 16 }

// endsOf returns the ends of a text, which must not be empty.
func endsOf(text string) textEnds {
	n := len(text)
	b := unsafe.Slice(unsafe.StringData(text), n)
	e := textEnds{length: uint32(n)}
	switch {
	case n >= 8:
		e.first, e.last = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[n-8:])
	case n >= 4:
		e.first, e.last = uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[n-4:]))
	default:
		e.first = uint64(b[0])<<16 | uint64(b[n/2])<<8 | uint64(b[n-1])
	}
	return e
}

// place returns a hash of the ends.
func (e textEnds) place() uint64 {
	const odd = 0x9e3779b97f4a7c15
	h := (e.first^uint64(e.length))*odd ^ e.last
	return (h ^ h>>32) * odd >> (64 - memoBits)
}
