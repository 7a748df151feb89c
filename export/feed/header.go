package feed

import (
	"bytes"
	"slices"
	"strings"
)

// delimiters are the ones that are tried, the most likely first.
var delimiters = []byte{',', ';', '\t', '|'}

// maxFields is how many fields a header may have: far more than any HR system writes, and few enough that work for each
// of them stays cheap.
const maxFields = 10_000

func usableDelimiter(d string) bool {
	return len(d) == 1 && d[0] < 0x80 && !strings.ContainsAny(d, "\"\r\n\x00")
}

// readHeader returns the names of the file's fields and records where its records begin.
func (s *source) readHeader(o Options, z sizes) ([]string, error) {
	if s.json {
		return o.needed(), nil
	}
	buf := make([]byte, z.record+1)
	var n int
	var eof bool
	err := s.read(func(st *stream) (err error) {
		n, eof, err = st.fill(buf)
		return err
	})
	if err != nil {
		return nil, err
	}
	b := s.skipBlank(buf[:n])
	if len(b) == 0 && eof {
		return nil, unusable(s.Name, s.line, "has no header: the file is empty").WithHint("deliver one with the names of the fields in its first line")
	}
	h, err := s.findHeader(b, o)
	if err != nil {
		return nil, err
	}
	if err := s.checkHeader(h, b, eof, o.Key); err != nil {
		return nil, err
	}
	s.delim = h.delim
	s.skip += h.size
	s.line += linesOf(b[:h.size])
	return h.names, nil
}

// skipBlank skips blank lines before the header.
func (s *source) skipBlank(b []byte) []byte {
	for len(b) > 0 {
		k := firstLine(b)
		if !blank(b[:k]) {
			break
		}
		b = b[k:]
		s.skip += k
		s.line++
	}
	return b
}

// header is the first record of a file, cut by one delimiter.
type header struct {
	delim byte
	names []string
	size  int
	end   ending
}

func (h header) has(field string) bool { return slices.Contains(h.names, field) }

// cutHeader cuts the first record of b and trims the names.
func cutHeader(b []byte, delim byte) header {
	h := header{delim: delim}
	for {
		f := scanField(b, h.size, delim)
		h.end = f.end
		if f.end == broken || f.end == inQuotes {
			return h
		}
		name := bytes.Clone(b[f.from:f.to])
		if f.from > h.size {
			name = unquote(name)
		}
		h.names = append(h.names, strings.TrimSpace(string(name)))
		h.size = f.next
		if f.end != byDelim {
			return h
		}
	}
}

// findHeader cuts the header with the configured delimiter, or with the best one: of those that yield the key, the one
// that yields most fields.
func (s *source) findHeader(b []byte, o Options) (header, error) {
	if o.Delimiter != "" {
		return cutHeader(b, o.Delimiter[0]), nil
	}
	candidates := delimiters
	if s.tabs {
		candidates = []byte{'\t', ',', ';', '|'}
	}
	best := cutHeader(b, candidates[0])
	for _, d := range candidates[1:] {
		if h := cutHeader(b, d); betterHeader(h, best, o.Key) {
			best = h
		}
	}
	if len(best.names) == 1 && best.end <= byData && len(o.needed()) > 1 {
		return best, unusable(s.Name, s.line, "no delimiter is found in the header (looked for comma, semicolon, tab and bar)").WithHint("if lines stand above the header, such as a title, have HR leave them out; else set feed.delimiter")
	}
	return best, nil
}

func betterHeader(h, than header, key string) bool {
	if ok, was := h.end <= byData, than.end <= byData; ok != was {
		return ok
	}
	if ok, was := h.has(key), than.has(key); key != "" && ok != was {
		return ok
	}
	return len(h.names) > len(than.names)
}

// checkHeader returns what is wrong with a header; b is the start of the file, or all of it with eof.
func (s *source) checkHeader(h header, b []byte, eof bool, key string) error {
	switch {
	case h.end == byData && !eof:
		return unusable(s.Name, s.line, "the header is over 1 MB").WithHint("make sure that the file is text with line ends")
	case h.end == broken:
		return unusable(s.Name, s.line, "the header has a broken quote: text after a closing quote, or a quote inside an unquoted field").
			WithHint("quote the field and double the quotes in it")
	case h.end == inQuotes:
		return unusable(s.Name, s.line, "the header opens a quoted name and does not close it").WithHint("close the quote")
	case bytes.IndexByte(b[:h.size], 0) >= 0:
		return unusable(s.Name, s.line, "the header has a NUL byte").WithHint("remove it (a file full of them is UTF-16: save it with a byte order mark)")
	case !s.text.sound(b[:h.size]):
		return unusable(s.Name, s.line, "the header %s", s.text.wrong()).WithHint(setEncoding)
	}
	return s.checkNames(h.names, key)
}

// checkNames checks the key first: a file without a header has a person's data in its first line, which must not be in
// an error.
func (s *source) checkNames(names []string, key string) error {
	if key != "" && !slices.Contains(names, key) {
		return unusable(s.Name, s.line, "no field of the header is %q, which feed.key names (it has %d fields)", key, len(names)).WithHint("make sure that the first line is the header, and check feed.key and feed.delimiter")
	}
	if len(names) > maxFields {
		return unusable(s.Name, s.line, "the header has %d fields, and %d is the limit", len(names), maxFields).WithHint("deliver the fields that the mapping reads, and make sure that the file has line ends")
	}
	first := make(map[string]int, len(names))
	for i, n := range names {
		if n == "" {
			return unusable(s.Name, s.line, "field %d of the header has no name", i+1).WithHint("name it, or remove the column, and make sure that the first line is the header")
		}
		if j, twice := first[n]; twice {
			return unusable(s.Name, s.line, "fields %d and %d of the header have the same name", j+1, i+1).WithHint("rename one, and make sure that the first line is the header")
		}
		first[n] = i
	}
	return nil
}
