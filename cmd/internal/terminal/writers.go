package terminal

import (
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/export"
)

// wordWriter keeps line breaks and tabs, and makes the rest plain.
type wordWriter struct {
	to  io.Writer
	cut []byte // the beginning of a character that the next write completes
}

// Write keeps an incomplete character for the next call.
func (w *wordWriter) Write(b []byte) (int, error) {
	return filter(w.to, &w.cut, b, func(out []byte, r rune) []byte {
		if export.Steers(r) && r != '\n' && r != '\t' {
			r = ' '
		}
		return utf8.AppendRune(out, r)
	})
}

// jsonWriter writes control characters as escapes. In JSON they stand in strings alone, where an escape means the same.
type jsonWriter struct {
	to  io.Writer
	cut []byte
}

// Write keeps an incomplete character for the next call.
func (w *jsonWriter) Write(b []byte) (int, error) { return filter(w.to, &w.cut, b, jsonRune) }

func jsonRune(out []byte, r rune) []byte {
	switch {
	case !export.Steers(r) || r == '\n' || r == '\t' || r == '\r': // white space stands between values
		return utf8.AppendRune(out, r)
	case r > 0xffff:
		high, low := utf16.EncodeRune(r)
		return fmt.Appendf(out, `\u%04x\u%04x`, high, low)
	}
	return fmt.Appendf(out, `\u%04x`, r)
}

// filter writes b with each character as put appends it. A character that b cuts off waits in cut for the next write.
func filter(to io.Writer, cut *[]byte, b []byte, put func([]byte, rune) []byte) (int, error) {
	if len(*cut) == 0 && harmless(b) {
		return to.Write(b)
	}
	rest := append(*cut, b...)
	*cut = nil
	out := make([]byte, 0, len(rest)+len(rest)/8)
	for len(rest) > 0 {
		if !utf8.FullRune(rest) {
			*cut = rest
			break
		}
		r, size := utf8.DecodeRune(rest)
		out, rest = put(out, r), rest[size:]
	}
	if _, err := to.Write(out); err != nil {
		return 0, err
	}
	return len(b), nil
}

// harmless reports whether b is ASCII without control characters other than line breaks.
func harmless(b []byte) bool {
	for _, c := range b {
		if (c < ' ' && c != '\n') || c >= 0x7f {
			return false
		}
	}
	return true
}
