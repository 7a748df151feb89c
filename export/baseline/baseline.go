// Package baseline has what the ledger remembers of people, in few bytes for millions of them: whom it knows
// (KnownPeople), and which values Coupa last confirmed (Store). Of a value it has a keyed hash, and never the value.
package baseline

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/export"
)

// HashKey is the secret key of the hashes of a ledger. It prints as [secret].
type HashKey struct{ secret export.Secret }

// minKeyText is how many characters the text of a key has at least.
const minKeyText = 32

// NewHashKey makes a key from a text: hexadecimal digits, base64 or any other text of at least 32 characters that no one
// can guess. Blanks around it do not count. The error quotes nothing of it.
func NewHashKey(text string) (HashKey, error) {
	text = strings.TrimSpace(text)
	if utf8.RuneCountInString(text) < minKeyText {
		return HashKey{}, export.Hint(errors.New("the key of the ledger's hashes has fewer than 32 characters"), "openssl rand -hex 32 makes a key")
	}
	sum := sha256.Sum256([]byte("hr2coupa ledger key\x00" + text))
	return HashKey{export.NewSecret(string(sum[:]))}, nil
}

// IsZero reports whether there is no key.
func (k HashKey) IsZero() bool { return k.secret.IsZero() }

// Mark returns a text by which a key is recognised, and which tells nothing about the key: the ledger stores it.
func (k HashKey) Mark() string {
	mac := hmac.New(sha256.New, []byte(k.secret.Reveal()))
	mac.Write([]byte("hr2coupa ledger key mark"))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// Hash returns the hash of one cell. Many cells are hashed by a Hasher.
func (k HashKey) Hash(e export.Element, c export.Cell) (h export.CellHash, ok bool) {
	return k.Hasher().Hash(export.ElementCell{Element: e, Cell: c})
}

// Hasher returns a hasher for one goroutine.
func (k HashKey) Hasher() *Hasher {
	return &Hasher{mac: hmac.New(sha256.New, []byte(k.secret.Reveal()))}
}

// Hasher hashes cells. One goroutine uses it at a time.
type Hasher struct {
	mac hash.Hash
	sum []byte
}

// Hash returns the hash of what a cell is to leave in Coupa. ok is false for a cell that says nothing of a value: an absent
// one, an action, a No in a column that removes. A column that Coupa's API does not show has an Element with nothing but
// the Column, so that its texts are compared exactly.
func (h *Hasher) Hash(c export.ElementCell) (sum export.CellHash, ok bool) {
	text, ok := c.Canonical()
	if !ok {
		return 0, false
	}
	h.mac.Reset()
	_, _ = io.WriteString(h.mac, c.Element.Column) // hashing returns no error
	_, _ = h.mac.Write([]byte{0})
	_, _ = io.WriteString(h.mac, text)
	h.sum = h.mac.Sum(h.sum[:0])
	return export.CellHash(binary.BigEndian.Uint64(h.sum)), true
}

// ColumnFamily returns what a column belongs to: the columns of one address, and those of one account, change together in
// Coupa. A location code replaces the street, and a chart of accounts the segments. Any other column is a family of its own.
func ColumnFamily(column string) string {
	for family, other := range map[string]string{"Default Address": "Remove Default Address", "Default Account Code": "Default Chart of Accounts Name"} {
		if strings.HasPrefix(column, family) || column == other {
			return family
		}
	}
	return column
}

// Entry is what was last confirmed of one person: a hash for each column that is known. The zero value knows nothing.
type Entry struct {
	columns []string
	hashes  string // 8 bytes each, in the order of columns
}

// NewEntry returns an entry of columns and their hashes, 8 bytes each with the highest first.
func NewEntry(columns []string, hashes string) Entry {
	if len(hashes) != hashSize*len(columns) {
		panic("baseline: an entry has a hash for each column")
	}
	return Entry{columns, hashes}
}

const hashSize = 8

// Of returns the hash of the value that was last confirmed in a column; ok is false where it is unknown.
func (b Entry) Of(column string) (h export.CellHash, ok bool) {
	i := slices.Index(b.columns, column)
	if i < 0 {
		return 0, false
	}
	for _, c := range []byte(b.hashes[i*hashSize : (i+1)*hashSize]) {
		h = h<<8 | export.CellHash(c)
	}
	return h, true
}

// Columns returns the columns that are known.
func (b Entry) Columns() []string { return b.columns }

// Store is what was last confirmed of everyone. A nil *Store knows nothing. Once it is filled, several goroutines may
// read it.
type Store struct {
	people *keyed
	shapes [][]string
	index  map[string]int
}

// NewStore returns an empty store with room for so many people.
func NewStore(people int) *Store {
	return &Store{people: newKeyed(people), index: map[string]int{}}
}

// Add adds a person with the hashes of the columns of a shape, 8 bytes each. columns returns the columns of a shape: it is
// called once for each, and most people have the same.
func (b *Store) Add(key, shape string, columns func() ([]string, error), hashes string) error {
	n, ok := b.index[shape]
	if !ok {
		names, err := columns()
		if err != nil {
			return err
		}
		n = len(b.shapes)
		b.shapes = append(b.shapes, names)
		b.index[strings.Clone(shape)] = n
	}
	var buf [4 + export.MaxColumns*hashSize]byte
	value := append(binary.BigEndian.AppendUint32(buf[:0], uint32(n)), hashes...)
	b.people.add(key, string(value))
	return nil
}

// Len returns of how many people something is known.
func (b *Store) Len() int {
	if b == nil {
		return 0
	}
	return b.people.n
}

// Of returns what was last confirmed of the person with that key of HR's; ok is false where nothing is.
func (b *Store) Of(key string) (Entry, bool) {
	if b == nil {
		return Entry{}, false
	}
	value, ok := b.people.of(key)
	if !ok {
		return Entry{}, false
	}
	n := int(value[0])<<24 | int(value[1])<<16 | int(value[2])<<8 | int(value[3])
	return NewEntry(b.shapes[n], value[4:]), true
}

// Confirmed returns what is known of a person after a row of theirs was sent. outcomes are the results of reading the sent
// cells back (export.Compare), nil where they were not read back. accepted says that Coupa has accepted the row without an error and
// that no cell of it has drifted.
//
// In an accepted row a cell counts as confirmed that Coupa does not show, and so does an unread one, whose column Coupa's API
// shows nowhere: otherwise a row with such a cell would be sent night after night.
func (h *Hasher) Confirmed(key string, sent []export.ElementCell, outcomes []export.CellOutcome, unread []export.ElementCell, accepted bool) export.Confirmed {
	one := export.Confirmed{Key: key}
	take := func(c export.ElementCell, sum export.CellHash, v export.CellVerdict) {
		switch {
		case c.Element.Column == export.ColumnID:
		case v == export.CellConfirmed, v == export.CellUnknown && accepted:
			one.Columns, one.Hashes = append(one.Columns, c.Element.Column), append(one.Hashes, sum)
		default:
			one.Unknown = append(one.Unknown, c.Element.Column)
		}
	}
	for _, c := range sent {
		sum, ok := h.Hash(c)
		if !ok { // it says nothing of a value, and has no outcome
			continue
		}
		v := export.CellUnknown
		if outcomes != nil {
			v, outcomes = outcomes[0].Verdict, outcomes[1:]
		}
		take(c, sum, v)
	}
	for _, c := range unread {
		if sum, ok := h.Hash(c); ok {
			take(c, sum, export.CellUnknown)
		}
	}
	return one
}

// NotFound returns what is known of a person whose row was accepted and whom Coupa does not have: nothing.
func NotFound(key string, sent []export.ElementCell) export.Confirmed {
	one := export.Confirmed{Key: key}
	for _, c := range sent {
		one.Unknown = append(one.Unknown, c.Element.Column)
	}
	return one
}
