package feed

import "bytes"

// ending is how a CSV field ends.
type ending uint8

const (
	byDelim  ending = iota // a delimiter: another field follows
	byLine                 // a line end: the record is complete
	byData                 // the data ended; complete if there are no more
	inQuotes               // the data ended inside the quotes
	broken                 // RFC 4180 does not allow it
)

// fieldSpan is the extent of one field. It is zero for broken and inQuotes.
type fieldSpan struct {
	from, to int // its text, without the quotes around it
	next     int // position after its delimiter or line end
	end      ending
	doubled  bool // its text holds doubled quotes
}

// scanField finds the field of b that begins at i. It is the only function that knows RFC 4180, so that the search for
// record ends and the cutting of fields never disagree.
func scanField(b []byte, i int, delim byte) fieldSpan {
	if i < len(b) && b[i] == '"' {
		return scanQuoted(b, i+1, delim)
	}
	for j := i; j < len(b); j++ {
		switch b[j] {
		case delim:
			return fieldSpan{from: i, to: j, next: j + 1, end: byDelim}
		case '\n':
			return fieldSpan{from: i, to: i + len(trimCR(b[i:j])), next: j + 1, end: byLine}
		case '"':
			return fieldSpan{end: broken}
		}
	}
	return fieldSpan{from: i, to: i + len(trimCR(b[i:])), next: len(b), end: byData}
}

// scanQuoted finds the end of a quoted field with text from index from on.
func scanQuoted(b []byte, from int, delim byte) fieldSpan {
	f := fieldSpan{from: from}
	for i := from; ; {
		k := bytes.IndexByte(b[i:], '"')
		if k < 0 {
			return fieldSpan{end: inQuotes}
		}
		f.to = i + k
		i = f.to + 1
		switch rest := b[i:]; {
		case len(rest) == 0, len(rest) == 1 && rest[0] == '\r':
			f.next, f.end = len(b), byData
			return f
		case rest[0] == '"':
			f.doubled = true
			i++
		case rest[0] == delim:
			f.next, f.end = i+1, byDelim
			return f
		case rest[0] == '\n':
			f.next, f.end = i+1, byLine
			return f
		case rest[0] == '\r' && rest[1] == '\n':
			f.next, f.end = i+2, byLine
			return f
		default:
			return fieldSpan{end: broken}
		}
	}
}

// scanRecord finds the end of the record at the beginning of b; size has no meaning for broken and inQuotes.
func scanRecord(b []byte, delim byte) (size int, end ending) {
	for {
		f := scanField(b, size, delim)
		size = f.next
		if f.end != byDelim {
			return size, f.end
		}
	}
}

// unquote turns the text of a quoted field into its value, in place: a doubled quote becomes one, a CRLF becomes an LF.
func unquote(t []byte) []byte {
	w := 0
	for r := 0; r < len(t); r++ {
		if t[r] == '\r' && r+1 < len(t) && t[r+1] == '\n' {
			continue
		}
		t[w] = t[r]
		w++
		if t[r] == '"' {
			r++
		}
	}
	return t[:w]
}

func trimCR(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}

// blank reports whether a line, with its end, is blank.
func blank(line []byte) bool { return len(trimCR(bytes.TrimSuffix(line, newline))) == 0 }

// firstLine returns the length of b's first physical line, its end included.
func firstLine(b []byte) int {
	if k := bytes.IndexByte(b, '\n'); k >= 0 {
		return k + 1
	}
	return len(b)
}
