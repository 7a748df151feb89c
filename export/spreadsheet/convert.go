// Package spreadsheet turns what spreadsheets save as text into the CSV that Coupa's import takes: UTF-8 without a byte order
// mark, commas, headers without asterisks. It changes no value.
package spreadsheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/hr2coupa/hr2coupa/export/alike"
)

// Kind is what was changed.
type Kind string

// The kinds of change, in the order in which they are made.
const (
	MarkRemoved     Kind = "byte_order_mark"
	EncodingRead    Kind = "encoding"  // Was is the encoding that the bytes were taken for
	DelimiterMade   Kind = "delimiter" // Was separated the columns
	HeaderCorrected Kind = "header"    // Was became Is
)

// Change is one change of a file.
type Change struct {
	Kind    Kind   `json:"kind"`
	Was     string `json:"was,omitempty"`
	Is      string `json:"is,omitempty"`
	Assumed bool   `json:"assumed,omitempty"` // the bytes alone do not prove it
	Lines   []int  `json:"lines,omitempty"`   // with EncodingRead: those with characters on which the assumption counts
	Quoted  int    `json:"quoted,omitempty"`  // with DelimiterMade: values that hold a comma, and are in quotes now
}

// FaultError is why a file cannot be converted. It quotes no value.
type FaultError struct {
	Line    int // physical line; 0 for the whole file
	Message string
	Hint    string
}

// Error returns what is wrong, with the line.
func (e *FaultError) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Message)
}

// Convert returns the bytes of a file as Coupa's import takes them, and what was changed; none for a file that is so already.
// known reports whether a header is one of Coupa's columns: a header is corrected only if that makes it one, and a delimiter is
// one only if it separates more of them than a comma does. A workbook comes back as it is. Every error is a *FaultError.
func Convert(data []byte, known func(header string) bool) (out []byte, changes []Change, err error) {
	if IsWorkbook(data) {
		return data, nil, nil
	}
	text, changes, err := decode(data)
	if err != nil {
		return nil, nil, err
	}
	s := sheet{text: text, known: known, delimiter: delimiterOf(text, known)}
	if err := s.sound(); err != nil {
		return nil, nil, err
	}
	out = s.recode()
	if s.delimiter != ',' {
		changes = append(changes, Change{Kind: DelimiterMade, Was: string(s.delimiter), Is: ",", Quoted: s.quoted})
	}
	return out, append(changes, s.headers...), nil
}

// IsWorkbook reports whether bytes are an Excel workbook, new or old, whatever its name says.
func IsWorkbook(data []byte) bool {
	return bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0"))
}

// delimiters are what spreadsheets separate columns with, a comma first: it wins a draw.
const delimiters = ",;\t"

// delimiterOf returns the delimiter that separates most of Coupa's columns in the header.
func delimiterOf(text string, known func(string) bool) byte {
	best, most := byte(','), 0
	for _, d := range []byte(delimiters) {
		if n := headersBy(text, d, known); n > most {
			best, most = d, n
		}
	}
	return best
}

func headersBy(text string, delimiter byte, known func(string) bool) (n int) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = rune(delimiter)
	names, err := r.Read()
	if err != nil {
		return 0
	}
	for _, name := range names {
		if known(correct(name, known)) {
			n++
		}
	}
	return n
}

// correct returns a header without the blanks and the asterisk of a template where that makes it one of Coupa's.
func correct(name string, known func(string) bool) string {
	if known(name) {
		return name
	}
	bare := alike.Tidy(strings.TrimSuffix(alike.Tidy(name), "*"))
	bare = alike.Tidy(strings.TrimPrefix(bare, "*"))
	if known(bare) {
		return bare
	}
	return name
}

// sheet is a text on its way to commas.
type sheet struct {
	text      string
	known     func(string) bool
	delimiter byte

	quoted  int      // values that got quotes
	headers []Change // headers that were corrected
}

// sound returns an error where a quote is broken: then no one knows where a value ends.
func (s *sheet) sound() error {
	r := csv.NewReader(strings.NewReader(s.text))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = rune(s.delimiter), -1, true
	for {
		_, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if broken, ok := errors.AsType[*csv.ParseError](err); ok {
			return &FaultError{Line: broken.StartLine, Message: fmt.Sprintf("has a broken quote (line %d, column %d)", broken.Line, broken.Column)}
		}
		if err != nil {
			return &FaultError{Message: "cannot be read: " + err.Error()}
		}
	}
}

// recode returns the text with commas and corrected headers. All other bytes stay, line ends and quotes among them.
func (s *sheet) recode() []byte {
	out := make([]byte, 0, len(s.text)+len(s.text)/16)
	rest, header := s.text, true
	for rest != "" {
		field := rest[:s.field(rest)]
		rest = rest[len(field):]
		out = append(out, s.written(field, header)...)
		switch {
		case rest == "":
		case rest[0] == s.delimiter:
			out, rest = append(out, ','), rest[1:]
		default:
			end := strings.IndexByte(rest, '\n') + 1
			header = header && len(out) == 0 // an empty line is no header
			out, rest = append(out, rest[:end]...), rest[end:]
		}
	}
	return out
}

// field returns the length of the field with which text begins, quotes included. The text is sound.
func (s *sheet) field(text string) int {
	at := 0
	for quotes := strings.HasPrefix(text, `"`); quotes; quotes = strings.HasPrefix(text[at:], `"`) { // "" in quotes begins anew
		at += strings.IndexByte(text[at+1:], '"') + 2
	}
	end := strings.IndexAny(text[at:], string(s.delimiter)+"\n")
	if end < 0 {
		return len(text)
	}
	end += at
	if text[end] == '\n' && strings.HasSuffix(text[at:end], "\r") {
		end--
	}
	return end
}

// written returns a field as it is written between commas.
func (s *sheet) written(field string, header bool) string {
	if header {
		name := field
		if strings.HasPrefix(field, `"`) {
			name = strings.ReplaceAll(field[1:len(field)-1], `""`, `"`)
		}
		if right := correct(name, s.known); right != name {
			s.headers = append(s.headers, Change{Kind: HeaderCorrected, Was: name, Is: right})
			return quoted(right)
		}
	}
	if s.delimiter != ',' && !strings.HasPrefix(field, `"`) && strings.ContainsRune(field, ',') {
		s.quoted++
		return `"` + field + `"` // it holds no quote: that would be a broken one
	}
	return field
}

// quoted returns a header, in quotes if it needs them.
func quoted(name string) string {
	if strings.ContainsAny(name, "\",\r\n") {
		return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return name
}
