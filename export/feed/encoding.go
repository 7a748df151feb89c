package feed

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"

	"github.com/hr2coupa/hr2coupa/export"
)

// decoding is how the bytes of one file become UTF-8.
type decoding struct {
	bom  int               // bytes of the byte order mark to leave out
	enc  encoding.Encoding // nil: the bytes are, or should be, UTF-8
	name string            // of enc
	cr   bool              // lines end with CR alone
}

var marks = []struct {
	bytes string
	text  decoding
}{
	{"\xef\xbb\xbf", decoding{bom: 3}},
	{"\xff\xfe", decoding{bom: 2, name: "UTF-16LE", enc: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)}},
	{"\xfe\xff", decoding{bom: 2, name: "UTF-16BE", enc: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)}},
}

// replacement is what decoders write for bytes their charset does not have.
var replacement = []byte(string(utf8.RuneError))

// charset returns the encoding of a name, first as browsers spell charsets, then as IANA does. For UTF-8 and "" it
// returns nil.
func charset(name string) (encoding.Encoding, error) {
	if name == "" {
		return nil, nil
	}
	enc, err := htmlindex.Get(name)
	if err != nil {
		enc, err = ianaindex.IANA.Encoding(name)
	}
	if err != nil || enc == nil || enc == encoding.Replacement {
		return nil, export.Hint(fmt.Errorf("encoding %q is unknown", name), "use a charset name such as windows-1252 or iso-8859-15")
	}
	if enc == unicode.UTF8 {
		return nil, nil
	}
	return enc, nil
}

// markOf returns the decoding for a byte order mark at the start of head; ok is false where there is none.
func markOf(head []byte) (decoding, bool) {
	for _, m := range marks {
		if bytes.HasPrefix(head, []byte(m.bytes)) {
			return m.text, true
		}
	}
	return decoding{}, false
}

// chooseText decides how a file without a byte order mark is read; raw is all of it, and is read only where a configured
// encoding leaves a choice.
func chooseText(raw io.Reader, configured string) (decoding, error) {
	enc, err := charset(configured)
	if err != nil || enc == nil {
		return decoding{}, err
	}
	valid, nul, err := survey(raw)
	if err != nil {
		return decoding{}, err
	}
	// ASCII letters in UTF-16 are valid UTF-8 with a NUL next to each.
	wide := strings.HasPrefix(strings.ToLower(configured), "utf-16")
	if valid && !(nul && wide) {
		return decoding{}, nil
	}
	return decoding{enc: enc, name: configured}, nil
}

// survey reads r to its end and reports whether it is valid UTF-8 and whether it holds a NUL.
func survey(r io.Reader) (valid, nul bool, err error) {
	buf := make([]byte, 256<<10)
	valid = true
	for kept := 0; ; {
		n, err := r.Read(buf[kept:])
		n += kept
		whole := n
		if err == nil {
			whole = wholeRunes(buf[:n])
		}
		valid = valid && utf8.Valid(buf[:whole])
		nul = nul || bytes.IndexByte(buf[kept:n], 0) >= 0
		kept = copy(buf, buf[whole:n])
		if err == io.EOF {
			return valid, nul, nil
		}
		if err != nil {
			return false, false, err
		}
	}
}

// wholeRunes returns the length of b without an incomplete rune at its end.
func wholeRunes(b []byte) int {
	for i := len(b) - 1; i >= max(0, len(b)-utf8.UTFMax+1); i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return i
			}
			break
		}
	}
	return len(b)
}

// decode returns r, which starts after the byte order mark, as UTF-8 with lines that end with LF.
func (t decoding) decode(r io.Reader) io.Reader {
	if t.enc != nil {
		r = t.enc.NewDecoder().Reader(r)
	}
	if t.cr {
		r = crReader{r}
	}
	return r
}

// sound reports whether b is text. A decoder writes U+FFFD for what it cannot read.
func (t decoding) sound(b []byte) bool {
	if t.enc == nil {
		return validUTF8(b)
	}
	return !bytes.Contains(b, replacement)
}

// validUTF8 is utf8.Valid, but faster for texts with a few letters beyond ASCII all over: after the first of them
// utf8.Valid goes byte by byte.
func validUTF8(b []byte) bool {
	const high = 0x8080808080808080
	for len(b) >= 8 {
		beyond := binary.LittleEndian.Uint64(b) & high
		if beyond == 0 {
			b = b[8:]
			continue
		}
		b = b[bits.TrailingZeros64(beyond)>>3:]
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size <= 1 {
			return false
		}
		b = b[size:]
	}
	return utf8.Valid(b)
}

const setEncoding = "set feed.encoding to the file's charset, or deliver UTF-8"

// wrong is what is wrong with a record that is not in the charset.
func (t decoding) wrong() string {
	if t.enc == nil {
		return "is not valid UTF-8"
	}
	return fmt.Sprintf("holds bytes that are not %s", t.name)
}
