package alike

import (
	"encoding/binary"
	"strings"
)

// ToLower is strings.ToLower, several times as fast on ASCII, which most logins and addresses are.
func ToLower(s string) string {
	n := len(s)
	if n < 8 {
		return strings.ToLower(s)
	}
	capital := capital8(loadWord(s[n-8:]))
	for at := 0; at < n-8; at += 8 {
		capital |= capital8(loadWord(s[at:]))
	}
	switch {
	case capital == 0:
		return s
	case !isASCII(s):
		return strings.ToLower(s)
	}
	var b strings.Builder
	b.Grow(n)
	var word [8]byte
	for at := 0; at <= n-8; at += 8 {
		binary.LittleEndian.PutUint64(word[:], lower8(loadWord(s[at:])))
		b.Write(word[:])
	}
	binary.LittleEndian.PutUint64(word[:], lower8(loadWord(s[n-8:])))
	b.Write(word[8-n%8:])
	return b.String()
}

// isASCII reports whether a text of at least eight bytes is ASCII.
func isASCII(s string) bool {
	n := len(s)
	all := loadWord(s[n-8:])
	for at := 0; at < n-8; at += 8 {
		all |= loadWord(s[at:])
	}
	return all&0x8080808080808080 == 0
}

// lower8 returns eight bytes of ASCII in lower case.
func lower8(x uint64) uint64 { return x | capital8(x)>>2 }

// IsLower reports whether s is ASCII without capitals. It reads eight bytes at a time; the last eight overlap the ones
// before.
func IsLower(s string) bool {
	n := len(s)
	if n < 8 {
		for i := range n {
			if s[i] >= 0x80 || 'A' <= s[i] && s[i] <= 'Z' {
				return false
			}
		}
		return true
	}
	capital := capital8(loadWord(s[n-8:]))
	for at := 0; at < n-8; at += 8 {
		capital |= capital8(loadWord(s[at:]))
	}
	return capital == 0
}

// capital8 returns 0 where eight bytes are ASCII without capitals.
func capital8(x uint64) uint64 {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	fromA := x + (0x80-'A')*ones // the high bit of each byte from A on
	overZ := x + (0x7f-'Z')*ones // and of each beyond Z
	return (x | (fromA ^ overZ)) & high
}

// loadWord reads eight bytes; the compiler turns it into one load.
func loadWord(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
