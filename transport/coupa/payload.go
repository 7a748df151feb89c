package coupa

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// source is a data file source as the API shows it, in XML and JSON alike: hyphenated names, every element may be
// missing or null. Unknown elements are passed over. (Data File Sources API, DataFileSources API Example Calls.)
type source struct {
	ID          text          `xml:"id" json:"id"`
	CreatedAt   text          `xml:"created-at" json:"created-at"`
	Status      text          `xml:"status" json:"status"`
	FileName    text          `xml:"file-file-name" json:"file-file-name"`
	FileSize    text          `xml:"file-file-size" json:"file-file-size"`
	Result      text          `xml:"result-text" json:"result-text"`
	Processed   text          `xml:"records-count" json:"records-count"`
	Created     text          `xml:"records-created" json:"records-created"`
	Updated     text          `xml:"records-updated" json:"records-updated"`
	ErrorsCount text          `xml:"upload-errors-count" json:"upload-errors-count"`
	Errors      *uploadErrors `xml:"upload-errors" json:"upload-errors"`
}

type uploadErrors struct {
	Nil  string        `xml:"nil,attr"`
	List []uploadError `xml:"upload-error"`
}

type uploadError struct {
	Type        text        `xml:"type" json:"type"`
	Row         text        `xml:"row" json:"row"`
	FirstColumn text        `xml:"first-column" json:"first-column"`
	Field       text        `xml:"field-with-error" json:"field-with-error"`
	Value       text        `xml:"value" json:"value"`
	FieldErrors fieldErrors `xml:"field-errors" json:"field-errors"`
}

// fieldErrors is a list of texts for a row error and plain text for a header error.
type fieldErrors struct {
	Text string   `xml:",chardata"`
	List []string `xml:"field-error"`
}

// text is a scalar of any kind as its text; null is "".
type text string

// UnmarshalJSON takes a string, a number, a boolean or null.
func (t *text) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '"':
		return json.Unmarshal(b, (*string)(t))
	case '{', '[':
		return fmt.Errorf("a list or an object where a single value belongs")
	case 'n':
		*t = ""
	default:
		*t = text(b)
	}
	return nil
}

// UnmarshalJSON takes the list of errors; JSON has no element between the list and its members.
func (u *uploadErrors) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &u.List) }

// UnmarshalJSON takes a list of texts or a text.
func (f *fieldErrors) UnmarshalJSON(b []byte) error {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	f.List = flatten(v)
	return nil
}

// readLoads reads a list of data file sources, or a single one.
func readLoads(a *answer) ([]*export.Load, error) {
	list, err := readSources(a.kind(), a.body)
	if err != nil {
		// The decoder's text may quote the body, so it stays out of ours.
		return nil, &Error{Op: a.op(), Status: a.status, Msg: "the answer cannot be read: " + garbledWhy(a, err), Err: err, hope: garbled}
	}
	loads := make([]*export.Load, len(list))
	for i := range list {
		loads[i] = list[i].load()
	}
	return loads, nil
}

func garbledWhy(a *answer, err error) string {
	switch {
	case len(bytes.TrimSpace(a.body)) == 0:
		return "it is empty"
	case a.kind() == kindOther:
		return "it is neither XML nor JSON"
	case errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(strings.ToLower(err.Error()), "unexpected e"):
		return "it ends too early"
	case a.kind() == kindXML:
		return "it is not the XML of a data file source"
	}
	return "it is not the JSON of a data file source"
}

var errShape = errors.New("not a data file source")

func readSources(k kind, body []byte) ([]source, error) {
	switch k {
	case kindXML:
		return readXML(body)
	case kindJSON:
		return readJSON(body)
	}
	return nil, errShape
}

// readXML takes every array for a list, since an empty one is called nil-classes by some releases of Rails. Any other
// root is not taken for "no loads".
func readXML(body []byte) ([]source, error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	root, err := firstElement(d)
	if err != nil {
		return nil, err
	}
	switch {
	case root.Name.Local == "data-file-source":
		var s source
		err = d.DecodeElement(&s, &root)
		return []source{s}, err
	case root.Name.Local != "data-file-sources" && !array(root):
		return nil, errShape
	}
	var list struct {
		Sources []source `xml:"data-file-source"`
	}
	err = d.DecodeElement(&list, &root)
	return list.Sources, err
}

func array(e xml.StartElement) bool {
	return slices.ContainsFunc(e.Attr, func(a xml.Attr) bool { return a.Name.Local == "type" && a.Value == "array" })
}

func firstElement(d *xml.Decoder) (xml.StartElement, error) {
	for {
		t, err := d.Token()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return xml.StartElement{}, err
		}
		if e, ok := t.(xml.StartElement); ok {
			return e, nil
		}
	}
}

func readJSON(body []byte) ([]source, error) {
	body = bytes.TrimSpace(body)
	if bytes.HasPrefix(body, []byte("{")) {
		var s source
		if err := json.Unmarshal(body, &s); err != nil {
			return nil, err
		}
		if s.ID == "" { // {"errors": ...} under 200, or something else altogether
			return nil, errShape
		}
		return []source{s}, nil
	}
	var list []source
	err := json.Unmarshal(body, &list)
	return list, err
}

// load makes the noun of it. Coupa's own counters count; older instances have only the sentence.
func (s *source) load() *export.Load {
	l := &export.Load{
		ID: s.ID.trim(), Via: "api", FileName: s.FileName.trim(), FileSize: int64(number(s.FileSize.trim())),
		Status: s.Status.trim(), CreatedAt: instant(s.CreatedAt.trim()), Result: s.Result.trim(), ErrorsN: number(s.ErrorsCount.trim()),
	}
	l.Processed, l.Created, l.Updated = counters(l.Result)
	for counter, given := range map[*int]text{&l.Processed: s.Processed, &l.Created: s.Created, &l.Updated: s.Updated} {
		if n := number(given.trim()); n >= 0 {
			*counter = n
		}
	}
	if s.Errors != nil && s.Errors.Nil != "true" {
		for _, e := range s.Errors.List {
			l.Errors = append(l.Errors, e.loadError())
		}
		l.ErrorsN = max(l.ErrorsN, len(l.Errors))
	}
	return l
}

func (e *uploadError) loadError() export.LoadError {
	msgs := trimmed(e.FieldErrors.List)
	if len(msgs) == 0 {
		msgs = trimmed([]string{e.FieldErrors.Text})
	}
	return export.LoadError{
		Type: e.Type.trim(), Row: max(number(e.Row.trim()), 0), FirstColumn: string(e.FirstColumn),
		Field: e.Field.trim(), Value: string(e.Value), Messages: msgs,
	}
}

func (t text) trim() string { return strings.TrimSpace(string(t)) }

// The sentence of result-text: "N rows processed, creating X new rows and updating Y rows.", its dot optional.
var (
	processedText = regexp.MustCompile(`(?i)(\d[\d,.']*)\s+rows?\s+processed`)
	createdText   = regexp.MustCompile(`(?i)creating\s+(\d[\d,.']*)`)
	updatedText   = regexp.MustCompile(`(?i)updating\s+(\d[\d,.']*)`)
)

// counters reads a result-text; what it does not say is -1.
func counters(result string) (processed, created, updated int) {
	get := func(re *regexp.Regexp) int {
		if m := re.FindStringSubmatch(result); m != nil {
			return number(m[1])
		}
		return -1
	}
	return get(processedText), get(createdText), get(updatedText)
}

var grouped = regexp.MustCompile(`^\d{1,3}([,.']\d{3})+$`)

// number reads a whole number, with or without marks between its thousands; -1 where there is none.
func number(s string) int {
	s = strings.TrimRight(s, ",.'")
	if grouped.MatchString(s) {
		s = strings.NewReplacer(",", "", ".", "", "'", "").Replace(s)
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// instant reads a point in time. One whose zone is missing, or a mere abbreviation, is not known rather than wrong by
// hours: the zero time.
func instant(s string) time.Time {
	s = strings.NewReplacer(" UTC", " +0000", " GMT", " +0000").Replace(s)
	for _, layout := range []string{
		time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 -07:00",
		"2006-01-02 15:04 -0700", "2006-01-02 15:04 -07:00",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	return time.Time{}
}
