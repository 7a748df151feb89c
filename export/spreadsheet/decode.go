package spreadsheet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

const (
	utf8Mark  = "\ufeff"
	utf16LE   = "\xff\xfe"
	utf16BE   = "\xfe\xff"
	saveAgain = `save it anew as "CSV UTF-8"`
)

// decode returns the bytes of a file as text without a byte order mark. Bytes that are no UTF-8 and have no mark are taken for
// Windows-1252, which Excel writes in Western Europe and America as "CSV"; nothing in them says so.
func decode(data []byte) (text string, changes []Change, err error) {
	switch {
	case bytes.HasPrefix(data, []byte(utf16LE)):
		return decode16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte(utf16BE)):
		return decode16(data[2:], binary.BigEndian)
	}
	text, marked := strings.CutPrefix(string(data), utf8Mark)
	if marked {
		changes = append(changes, Change{Kind: MarkRemoved})
	}
	bad, good := strange(text)
	switch {
	case bad == 0:
		return text, changes, nil
	case marked:
		return "", nil, &FaultError{bad, "is not valid UTF-8, and the file begins with the mark of UTF-8", saveAgain}
	case good != 0:
		return "", nil, &FaultError{bad, fmt.Sprintf("is not valid UTF-8, and line %d has characters of UTF-8: the file has two encodings", good), saveAgain}
	}
	return decode1252(text)
}

// strange returns the first line with bytes that are not UTF-8, and the first with a character of several bytes that are; 0
// where there is none.
func strange(text string) (bad, good int) {
	line := 1
	for i := 0; i < len(text) && (bad == 0 || good == 0); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '\n':
			line++
		case r == utf8.RuneError && size == 1 && bad == 0:
			bad = line
		case size > 1 && good == 0:
			good = line
		}
		i += size
	}
	return bad, good
}

func decode1252(raw string) (string, []Change, error) {
	var b strings.Builder
	b.Grow(len(raw) + len(raw)/8)
	change := Change{Kind: EncodingRead, Was: "Windows-1252", Is: "UTF-8", Assumed: true}
	line, last := 1, 0
	for i := range len(raw) {
		c := raw[i]
		switch {
		case c == '\n':
			line++
		case c == 0, strings.IndexByte("\x81\x8d\x8f\x90\x9d", c) >= 0: // Windows-1252 gives these no meaning
			return "", nil, &FaultError{line, fmt.Sprintf("is neither UTF-8 nor Windows-1252 (byte 0x%02X)", c), saveAgain}
		case c >= utf8.RuneSelf && line != last:
			change.Lines, last = append(change.Lines, line), line
		}
		b.WriteRune(charmap.Windows1252.DecodeByte(c))
	}
	return b.String(), []Change{change}, nil
}

// decode16 decodes UTF-16, which Excel writes as "Unicode Text".
func decode16(data []byte, order binary.ByteOrder) (string, []Change, error) {
	if len(data)%2 != 0 {
		return "", nil, &FaultError{0, "is cut off in the middle of a character of UTF-16", saveAgain}
	}
	var b strings.Builder
	b.Grow(len(data))
	line := 1
	for i := 0; i < len(data); i += 2 {
		r := rune(order.Uint16(data[i:]))
		if utf16.IsSurrogate(r) {
			var low rune
			if i += 2; i < len(data) {
				low = rune(order.Uint16(data[i:]))
			}
			if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
				return "", nil, &FaultError{line, "is not valid UTF-16", saveAgain}
			}
		}
		if r == '\n' {
			line++
		}
		b.WriteRune(r)
	}
	return b.String(), []Change{{Kind: EncodingRead, Was: "UTF-16", Is: "UTF-8"}}, nil
}
