package planning

import (
	"hash/maphash"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

// repeated returns every hash other than 0 that occurs more than once, with its count.
//
// Nearly all occur once, so sorting them all would be wasteful: a bit for each shows which may occur twice, and only
// those, with some false ones, are sorted.
func repeated(hashes [][]uint64) map[uint64]int {
	n := 0
	for _, chunk := range hashes {
		n += len(chunk)
	}
	shift := 64 - max(6, bits.Len(uint(n))+4) // 16 to 32 bits a hash: about one in 20 is sorted needlessly
	once, twice := make([]uint64, 1<<(64-shift-6)), make([]uint64, 1<<(64-shift-6))
	for _, chunk := range hashes {
		for _, h := range chunk {
			word, bit := h>>shift>>6, uint64(1)<<(h>>shift&63)
			twice[word] |= once[word] & bit
			once[word] |= bit
		}
	}
	var may []uint64
	for _, chunk := range hashes {
		for _, h := range chunk {
			if h != 0 && twice[h>>shift>>6]>>(h>>shift&63)&1 == 1 {
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
		s = export.Tidy(s)
	}
	if alike.IsLower(s) { // most texts are
		return hash(seed, s)
	}
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return hash(seed, fold(export.Tidy(s)))
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		buf = append(buf, c)
	}
	return maphash.Bytes(seed, buf) | 1
}
