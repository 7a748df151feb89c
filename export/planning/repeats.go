package planning

import (
	"hash/maphash"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/export/alike"
)

// repeated returns every hash other than 0 that occurs more than once, with its count.
//
// Nearly all occur once, so sorting them all would be wasteful. A bit for each hash, in a table that is too large for the fastest
// memory, is set once; a hash whose bit was set already may be a second one. A bit for each of those few, in a table that fits
// there, shows in a second pass which hashes have to be sorted: those that repeat, with some false ones.
func repeated(hashes [][]uint64) map[uint64]int {
	n := 0
	for _, chunk := range hashes {
		n += len(chunk)
	}
	seen := newBitTable(n, 3) // 8 to 16 bits a hash: about one in 25 is called a second one
	var may []uint64
	for _, chunk := range hashes {
		for _, h := range chunk {
			if seen.set(h) && h != 0 {
				may = append(may, h)
			}
		}
	}
	again := newBitTable(len(may), 5) // and of the others about one in 50
	for _, h := range may {
		again.set(h)
	}
	may = may[:0]
	for _, chunk := range hashes {
		for _, h := range chunk {
			if again.has(h) && h != 0 {
				may = append(may, h)
			}
		}
	}
	slices.Sort(may)
	counts := map[uint64]int{}
	for i, h := range may {
		if i > 0 && may[i-1] == h {
			counts[h] = max(2, counts[h]+1)
		}
	}
	return counts
}

// bitTable has a bit for each value that the first bits of a hash can have.
type bitTable struct {
	words []uint64
	shift int
}

// newBitTable returns a table for n hashes; it has 1<<spare to 2<<spare bits for each.
func newBitTable(n, spare int) bitTable {
	size := max(6, bits.Len(uint(n))+spare)
	return bitTable{make([]uint64, 1<<(size-6)), 64 - size}
}

// set sets the bit of a hash, and reports whether it was set before.
func (t *bitTable) set(h uint64) (before bool) {
	at := h >> t.shift
	word, bit := &t.words[at>>6], uint64(1)<<(at&63)
	before = *word&bit != 0
	*word |= bit
	return before
}

func (t *bitTable) has(h uint64) bool {
	at := h >> t.shift
	return t.words[at>>6]>>(at&63)&1 == 1
}

func keys(m map[uint64]int) map[uint64]struct{} {
	out := make(map[uint64]struct{}, len(m))
	for k := range m {
		out[k] = struct{}{}
	}
	return out
}

// hash returns 0 for the empty text, and never 0 for another.
func hash(seed maphash.Seed, s string) uint64 {
	if s == "" {
		return 0
	}
	return maphash.String(seed, s) | 1
}

// fold returns a text without case; going through upper case makes ς and σ equal. The result aliases nothing.
func fold(s string) string { return strings.Clone(strings.ToLower(strings.ToUpper(s))) }

// hashFold hashes the tidy form of a text without regard to case. buf is scratch.
func hashFold(seed maphash.Seed, s string, buf []byte) uint64 {
	if s == "" {
		return 0
	}
	if s[0] <= ' ' || s[len(s)-1] <= ' ' {
		s = alike.Tidy(s)
	}
	if alike.IsLower(s) { // most texts are
		return hash(seed, s)
	}
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return hash(seed, fold(alike.Tidy(s)))
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		buf = append(buf, c)
	}
	return maphash.Bytes(seed, buf) | 1
}
