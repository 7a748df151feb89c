package reconcile

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// The forms of a user's value in a record.
const (
	formUnknown = iota
	formText
	formList
	formParts
)

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func (c *Comparison) personRecord(b []byte, p Person) []byte {
	b = appendText(b, p.Key)
	var left int64
	if !p.Left.IsZero() {
		left = p.Left.Unix()
	}
	b = binary.AppendVarint(b, left)
	ended := byte(0)
	if p.Ended {
		ended = 1
	}
	b = append(b, ended)
	for _, cell := range p.Cells[:c.o.Mapped] {
		b = append(b, byte(cell.State))
		b = appendText(b, cell.SetText())
	}
	return b
}

func (c *Comparison) userRecord(b []byte, id string, held []heldCell) []byte {
	b = appendText(b, id)
	for i, e := range c.o.Columns {
		switch v := held[i]; {
		case !v.known || e.Path == "", e.Kind == export.KindStatus && !saysActive(v.Value):
			b = append(b, formUnknown)
		case v.Parts != nil:
			b = binary.AppendUvarint(append(b, formParts), uint64(len(v.Parts)))
			for _, name := range slices.Sorted(maps.Keys(v.Parts)) {
				b = appendText(appendText(b, name), v.Parts[name])
			}
		case v.List != nil:
			b = binary.AppendUvarint(append(b, formList), uint64(len(v.List)))
			for _, name := range slices.Sorted(slices.Values(v.List)) { // the order says nothing, and may be another tomorrow
				b = appendText(b, name)
			}
		default:
			b = appendText(append(b, formText), v.Text)
		}
	}
	return b
}

// saysActive reports whether a status says that a user is active or inactive. A blank one, or a word that is not known, is one
// that Coupa does not show: it must not pass for inactive.
func saysActive(v export.Value) bool {
	switch v.Text { // as nearly all write it
	case export.StatusActive, export.StatusInactive, "true", "false":
		return true
	}
	truth := export.Truth(v.Text)
	return truth == "true" || truth == "false"
}

// reader reads what a record holds. A record is our own, so that it is whole.
type reader struct{ b []byte }

func (r *reader) number() int {
	n, size := binary.Uvarint(r.b)
	r.b = r.b[size:]
	return int(n)
}

func (r *reader) text() string {
	n := r.number()
	t := string(r.b[:n])
	r.b = r.b[n:]
	return t
}

func (r *reader) form() byte {
	f := r.b[0]
	r.b = r.b[1:]
	return f
}

// lifeOf is what HR says of when a person leaves; see Person.
type lifeOf struct {
	left  time.Time
	ended bool
}

// readPerson reads the key and the cells of a person, and when they have left.
func (c *Comparison) readPerson(record []byte, cells []export.Cell) (key string, life lifeOf) {
	r := &reader{record}
	key = r.text()
	at, size := binary.Varint(r.b)
	if r.b = r.b[size:]; at != 0 {
		life.left = time.Unix(at, 0).UTC()
	}
	life.ended = r.form() == 1
	for i := range cells {
		state := export.CellState(r.form())
		cells[i] = export.Cell{State: state, Text: r.text()}
	}
	return key, life
}

// readUser reads a user.
func (c *Comparison) readUser(record []byte) export.User {
	r := &reader{record}
	u := export.User{ID: r.text(), Values: make(map[string]export.Value, len(c.o.Columns))}
	for _, e := range c.o.Columns {
		switch r.form() {
		case formUnknown:
		case formText:
			u.Values[e.Path] = export.Value{Text: r.text()}
		case formList:
			list := make([]string, r.number())
			for k := range list {
				list[k] = r.text()
			}
			u.Values[e.Path] = export.Value{List: list}
		case formParts:
			parts := map[string]string{}
			for range r.number() {
				name := r.text()
				parts[name] = r.text()
			}
			u.Values[e.Path] = export.Value{Parts: parts}
		}
	}
	return u
}

// takePerson looks at every cell of a person once: what is hashed of HR's key and of each cell as it is compared, the hashes
// that pair, and how the person looks.
func (c *Comparison) takePerson(s *scratch, p Person) {
	s.sum = appendText(s.sum, p.Key)
	for i, cell := range p.Cells[:c.o.Mapped] {
		var same string
		var says bool
		if cell.State == export.Set {
			same, says = sameText(c.o.Columns[i], cell.Text)
		} else {
			same, says = export.ElementCell{Element: c.o.Columns[i], Cell: cell}.Canonical()
		}
		if says {
			s.look.say(c, i, cell.SetText(), same)
			if k := c.at[i]; k >= 0 {
				s.hashes[k] = c.hashOf(same)
			}
		} else {
			same = "\x00"
		}
		s.sum = appendText(s.sum, same)
	}
}

// takeUser looks at every value of a user once, as takePerson does.
func (c *Comparison) takeUser(s *scratch) {
	for i, v := range s.held {
		k := c.at[i]
		if !v.known || k < 0 && i >= c.o.Mapped {
			continue
		}
		same, _ := sameText(c.o.Columns[i], v.Text)
		if k >= 0 {
			s.hashes[k] = c.hashOf(same)
		}
		if i < c.o.Mapped {
			s.look.shows(c, i, v.Value, same)
		}
	}
}

func sumOf(b []byte) [16]byte {
	sum := sha256.Sum256(b)
	return [16]byte(sum[:16])
}

// digest is the hash of a population, whatever the order in which it comes.
type digest struct {
	sums []halves
	text string // as long as nothing was added since
}

// halves are the halves of a hash, which are compared as numbers.
type halves struct{ high, low uint64 }

func (d *digest) add(sum [16]byte) {
	d.sums = append(d.sums, halves{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])})
	d.text = ""
}

// String returns the hash as text.
func (d *digest) String() string {
	if d.text != "" {
		return d.text
	}
	slices.SortFunc(d.sums, func(a, b halves) int {
		if a.high != b.high {
			return cmp.Compare(a.high, b.high)
		}
		return cmp.Compare(a.low, b.low)
	})
	all := sha256.New()
	var b []byte
	for chunk := range slices.Chunk(d.sums, 256) {
		b = b[:0]
		for _, sum := range chunk {
			b = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, sum.high), sum.low)
		}
		all.Write(b) // a hash does not fail
	}
	d.text = hex.EncodeToString(all.Sum(nil))
	return d.text
}

// numberOf returns Coupa's number of a user; 0 where it is none.
func numberOf(id string) uint64 {
	n, err := strconv.ParseUint(id, 10, 63)
	if err != nil {
		return 0
	}
	return n
}
