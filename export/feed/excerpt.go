package feed

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

// These fields stand in an excerpt before HR's own: the record's line, why it was refused, what to do and who owns the
// task. No mapping asks for them, so an excerpt is itself a feed.
const (
	lineField   = "hr2coupa_line"
	reasonField = "hr2coupa_reason"
	fixField    = "hr2coupa_fix"
	ownerField  = "hr2coupa_owner"
)

// leadFields are these fields in order. Excerpts of older programs have only the first two.
var leadFields = []string{lineField, reasonField, fixField, ownerField}

// Advisor returns what to do about a row with these faults and who owns the task; "" where it knows none of them.
type Advisor interface {
	Advise(faults export.Faults) (todo, owner string)
}

// Excerpt writes the records of rows, which come from this feed's only file, as a new feed: HR's header and HR's text
// byte for byte, in UTF-8 and unzipped. Before each record it puts the line it began on, its row's reason, and what
// causes says about that. Where several records of a person went into a row, all of them are in it. It returns how many
// records it wrote.
//
// Text that could not be read as records is in it as far as it can be fixed there. A line with bytes that are not text
// in the file's charset, or over 1 MB long, leaves only the fields before it, and is refused until it is filled in. An
// excerpt of an excerpt has these fields once.
func (f *Feed) Excerpt(w io.Writer, rows []export.RowResult, causes Advisor) (records int, err error) {
	if len(f.sources) != 1 {
		return 0, fmt.Errorf("an excerpt is made of one file, not of %d", len(f.sources))
	}
	s := f.sources[0]
	x := &excerpt{src: s, w: bufio.NewWriter(w), causes: causes, key: -1, lines: map[int]export.Faults{}, people: map[string]export.Faults{}}
	if i, ok := s.index[f.key]; ok {
		x.key = i
	}
	for _, r := range rows {
		x.lines[r.Origin.Line] = r.Faults
		if r.Lines > 1 && r.Key != "" {
			x.people[alike.Tidy(r.Key)] = r.Faults
		}
	}
	if err := x.header(); err != nil {
		return 0, err
	}
	if err := f.Chunks(x.take); err != nil {
		return 0, err
	}
	return x.n, x.w.Flush()
}

type excerpt struct {
	src    *source
	w      *bufio.Writer
	causes Advisor
	key    int                      // index of the field that names the person, -1 without one
	lines  map[int]export.Faults    // faults of the rows, by line
	people map[string]export.Faults // faults of the rows, by person
	lead   int                      // how many fields of an excerpt the file has before HR's
	n      int
}

// why returns the faults of a record; wanted reports whether the record belongs into the excerpt.
func (x *excerpt) why(rec *export.Record) (faults export.Faults, wanted bool) {
	if faults, wanted = x.lines[rec.Line]; wanted || rec.Fault != nil || x.key < 0 {
		return faults, wanted
	}
	faults, wanted = x.people[alike.Tidy(rec.Values[x.key])]
	return faults, wanted
}

// says returns the fields between a record's line number and the record: why it was refused, what to do, and who owns
// the task.
func (x *excerpt) says(why export.Faults) [3]string {
	plain := slices.Clone(why)
	for i := range plain {
		plain[i].Message = export.Plain(plain[i].Message)
	}
	fix, owner := x.causes.Advise(plain)
	return [3]string{export.Plain(why.Text()), fix, owner}
}

func (x *excerpt) take(c export.Chunk) error {
	defer c.Release()
	var in *chunk
	switch c := c.(type) {
	case *csvChunk:
		in = &c.chunk
	case *jsonChunk:
		in = &c.chunk
	}
	raw := bytes.Clone(in.buf) // a copy, since cutting a record into fields unquotes them in place
	var rec export.Record
	for from := 0; c.Next(&rec); from = in.off {
		why, wanted := x.why(&rec)
		if !wanted {
			continue
		}
		x.n++
		if err := x.write(rec.Line, why, x.text(raw[from:in.off])); err != nil {
			return err
		}
	}
	return nil
}

// text returns a record's own text, without blank lines before it and always with a line end; only the line end where
// the file's text cannot be written as UTF-8.
func (x *excerpt) text(raw []byte) []byte {
	for k := firstLine(raw); k > 0 && (blank(raw[:k]) || x.src.json && len(bytes.TrimSpace(raw[:k])) == 0); k = firstLine(raw) {
		raw = raw[k:]
	}
	if x.src.text.enc != nil && !x.src.text.sound(raw) {
		raw = nil
	}
	if !bytes.HasSuffix(raw, newline) {
		raw = append(slices.Clip(raw), '\n')
	}
	return raw
}

func (x *excerpt) write(line int, why export.Faults, text []byte) error {
	if x.src.json {
		return x.object(line, why, text)
	}
	if x.lead > 0 {
		text = behindLead(text, x.lead, x.src.delim)
	}
	// All fields are quoted, whatever they hold: then a quote that the record before left open is broken at once, and
	// swallows nothing.
	d := string(x.src.delim)
	said := x.says(why)
	cells := append([]string{strconv.Itoa(line)}, said[:]...)
	for i, c := range cells {
		cells[i] = `"` + strings.ReplaceAll(export.Inert(c), `"`, `""`) + `"`
	}
	lead := strings.Join(cells, d)
	if !blank(text) {
		lead += d
	}
	return x.put([]byte(lead), text)
}

func (x *excerpt) put(pieces ...[]byte) error {
	for _, p := range pieces {
		if _, err := x.w.Write(p); err != nil {
			return fmt.Errorf("write an excerpt of %s: %w", x.src.Name, err)
		}
	}
	return nil
}

// header writes the byte order mark that the file had, the fields of an excerpt, and the file's own header.
func (x *excerpt) header() error {
	if x.src.json {
		return nil
	}
	text, err := x.src.headerText()
	if err != nil {
		return err
	}
	if x.src.text.bom > 0 {
		if err := x.put([]byte(marks[0].bytes)); err != nil {
			return err
		}
	}
	fields := x.src.header.Fields
	d := string(x.src.delim)
	if x.lead = leadOf(fields); x.lead > 0 {
		fields, text = fields[x.lead:], behindLead(text, x.lead, x.src.delim)
	}
	for _, name := range leadFields {
		if err := x.put([]byte(freeName(name, fields) + d)); err != nil {
			return err
		}
	}
	return x.put(text)
}

// leadOf returns how many fields of an excerpt are at the beginning of a header.
func leadOf(fields []string) int {
	for _, n := range []int{len(leadFields), 2} {
		if len(fields) >= n && slices.Equal(fields[:n], leadFields[:n]) {
			return n
		}
	}
	return 0
}

// freeName returns name, changed where a field already has it.
func freeName(name string, fields []string) string {
	for slices.Contains(fields, name) {
		name += "_"
	}
	return name
}

// headerText returns the header record as it is in the file, with a line end.
func (s *source) headerText() (text []byte, err error) {
	err = s.withFile(func(f *os.File) error {
		if err := s.unchanged(f); err != nil {
			return err
		}
		r, err := s.decoded(f)
		if err != nil {
			return err
		}
		text, err = io.ReadAll(io.LimitReader(r, int64(s.skip)))
		if err != nil {
			return s.broken(err)
		}
		return nil
	})
	for len(text) > 0 && blank(text[:firstLine(text)]) {
		text = text[firstLine(text):]
	}
	if !bytes.HasSuffix(text, newline) {
		text = append(text, '\n')
	}
	return text, err
}

// behindLead returns a record of an excerpt without the n fields before it.
func behindLead(text []byte, n int, delim byte) []byte {
	rest := text
	for range n {
		f := scanField(rest, 0, delim)
		switch f.end {
		case byDelim:
			rest = rest[f.next:]
		case byLine, byData:
			return newline
		default:
			return text
		}
	}
	return rest
}

// object writes a record of JSON Lines. Where the record is no object, it follows an object with the fields of the
// excerpt, which keeps the line as unreadable as it was.
func (x *excerpt) object(line int, why export.Faults, text []byte) error {
	lead := fmt.Sprintf(`{"%s":%d`, lineField, line)
	for i, value := range x.says(why) {
		quoted, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("quote a reason: %w", err)
		}
		lead += fmt.Sprintf(`,"%s":%s`, leadFields[i+1], quoted)
	}
	body := bytes.TrimLeft(text, " \t")
	if body[0] != '{' || !json.Valid(body) {
		return x.put([]byte(lead+"} "), text)
	}
	body = behindMembers(body)
	if bytes.TrimLeft(body, " \t")[0] != '}' {
		lead += ","
	}
	return x.put([]byte(lead), body)
}

// behindMembers returns a valid object without its opening brace, and without the fields of an excerpt where it begins
// with them.
func behindMembers(object []byte) []byte {
	w := walker{b: object, i: 1}
	for _, name := range leadFields {
		begun := w.i
		if w.space() != '"' || string(w.str()) != `"`+name+`"` {
			w.i = begun
			break
		}
		w.space() // the colon
		w.i++
		w.space()
		w.skip()
		if w.space() == ',' {
			w.i++
		}
	}
	return object[w.i:]
}
