package planning

import (
	"hash/maphash"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/export"
)

// repeated gives every hash but 0 that stands more than once, with its count.
//
// Nearly all stand once, so sorting them to find that out would be wasted: a bit each tells which may stand twice, and
// only those, some false ones among them, are sorted.
func repeated(hashes [][]uint64) map[uint64]int {
	n := 0
	for _, chunk := range hashes {
		n += len(chunk)
	}
	shift := 64 - max(6, bits.Len(uint(n))+4) // 16 to 32 bits a hash: one in 20 or so is sorted for nothing
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

// hash never gives 0 for a text, and 0 for none.
func hash(seed maphash.Seed, s string) uint64 {
	if s == "" {
		return 0
	}
	return maphash.String(seed, s) | 1
}

// fold takes the case from a text; the way over the upper case makes one of ς and σ. Its result aliases nothing.
func fold(s string) string { return strings.Clone(strings.ToLower(strings.ToUpper(s))) }

// hashFold hashes without regard to case. buf is scratch.
func hashFold(seed maphash.Seed, s string, buf []byte) uint64 {
	if export.IsLower(s) { // most are
		return hash(seed, s)
	}
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return hash(seed, fold(s))
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		buf = append(buf, c)
	}
	return maphash.Bytes(seed, buf) | 1
}
