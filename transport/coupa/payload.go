package coupa

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/encoding"

	"github.com/hr2coupa/hr2coupa/export"
)

// readLoads reads a list of data file sources, or a single one. Names of elements are hyphenated. Every element may be
// missing or null. Unknown elements are skipped. (Data File Sources API, DataFileSources API Example Calls.)
func readLoads(a *answer) ([]*export.Load, error) {
	r := loadReader{}
	root, err := readTree(a, "data-file-source", "data-file-sources", r.take)
	switch {
	case err != nil, root.nothing(): // null is an empty list
	case root.kind == nodeScalar:
		err = errShape
	case root.kind == nodeObject && root.child("id") == nil: // {"errors": ...} with status 200, or something else
		err = errShape
	case root.kind == nodeObject:
		err = r.add(root)
	}
	if err != nil {
		return nil, unreadable(a, garbledWhy(a, err, "a data file source"), err)
	}
	return r.loads, nil
}

// loadReader builds loads from a tree. A load may have thousands of errors, so each is taken as soon as it is read.
type loadReader struct {
	loads  []*export.Load
	errors []export.LoadError // errors of the load that is being read

	count, size int // number and bytes of all errors in the answer
}

func (r *loadReader) take(t *tree, in, k kid, depth int) (bool, error) {
	at := depth // the depth as it would be without a list around it
	if t.root == nodeList {
		at--
	}
	switch {
	case at == 0:
		return true, r.add(k.node)
	case at == 2 && in.name == "upload-errors" && (k.name == "upload-error" || in.kind == nodeList && k.name == ""):
		return true, r.addError(k.node)
	}
	return false, nil
}

func (r *loadReader) addError(n *node) error {
	if n.kind != nodeObject && !n.nothing() {
		return errShape
	}
	e, err := loadError(n)
	if err != nil {
		return err
	}
	r.count++
	r.size += len(e.Type) + len(e.FirstColumn) + len(e.Field) + len(e.Value)
	for _, text := range e.Messages {
		r.size += keptValue + len(text)
	}
	switch {
	case r.count > maxErrors:
		return tooMuch("more than %d errors are in it", maxErrors)
	case r.size > maxErrtxt:
		return tooMuch("its errors are longer than %d KB", maxErrtxt>>10)
	}
	r.errors = append(r.errors, e)
	return nil
}

func (r *loadReader) add(n *node) error {
	if len(r.loads) == maxLoads {
		return tooMuch("more than %d loads are in it", maxLoads)
	}
	l, err := load(n)
	if err != nil {
		return err
	}
	l.Errors, r.errors = r.errors, nil
	if given := n.child("upload-errors"); given != nil && !given.nothing() {
		if given.kind != nodeList && l.Errors == nil {
			return errShape
		}
		l.ErrorsN = max(l.ErrorsN, len(l.Errors))
	}
	r.loads = append(r.loads, l)
	return nil
}

func garbledWhy(a *answer, err error, wanted string) string {
	switch {
	case len(bytes.TrimSpace(a.body)) == 0:
		return "it is empty"
	case a.kind() == kindOther:
		return "it is neither XML nor JSON"
	case errors.Is(err, errCharset), errors.Is(err, encoding.ErrInvalidUTF8):
		return "it is not in UTF-8, as Coupa's answers are"
	case errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(strings.ToLower(err.Error()), "unexpected e"):
		return "it ends too early"
	case a.kind() == kindXML:
		return "it is not the XML of " + wanted
	}
	return "it is not the JSON of " + wanted
}

// scalars reads the single values of an object.
type scalars struct {
	*node
	err error // error of the first element that is no single value
}

// text returns a value of any kind as text; "" where it is missing or null.
func (s *scalars) text(name string) string {
	n := s.child(name)
	switch {
	case n == nil:
		return ""
	case n.kind != nodeScalar && len(n.kids) > 0:
		s.err = errShape
	}
	return n.text
}

func (s *scalars) trim(name string) string { return strings.TrimSpace(s.text(name)) }

// load builds the export.Load of a data file source, without its errors. It uses Coupa's own counters; older instances
// have only the sentence.
func load(n *node) (*export.Load, error) {
	if n.kind != nodeObject && !n.nothing() {
		return nil, errShape
	}
	f := scalars{node: n}
	l := &export.Load{
		ID: f.trim("id"), Via: "api", FileName: f.trim("file-file-name"), FileSize: int64(wholeNumber(f.trim("file-file-size"))),
		Status: f.trim("status"), CreatedAt: instant(f.trim("created-at")), Result: f.trim("result-text"), ErrorsN: wholeNumber(f.trim("upload-errors-count")),
	}
	l.Processed, l.Created, l.Updated = counters(l.Result)
	for name, counter := range map[string]*int{"records-count": &l.Processed, "records-created": &l.Created, "records-updated": &l.Updated} {
		if given := wholeNumber(f.trim(name)); given >= 0 {
			*counter = given
		}
	}
	return l, f.err
}

// loadError builds the export.LoadError of an upload error. The fault of a field is a list of texts for a row error and
// plain text for a header error.
func loadError(n *node) (export.LoadError, error) {
	f := scalars{node: n}
	e := export.LoadError{
		Type: f.trim("type"), Row: max(wholeNumber(f.trim("row")), 0), FirstColumn: f.text("first-column"),
		Field: f.trim("field-with-error"), Value: f.text("value"),
	}
	if said := n.child("field-errors"); said != nil {
		e.Messages = trimmed(said.texts())
	}
	return e, f.err
}

// The sentence of result-text is "N rows processed, creating X new rows and updating Y rows."; the full stop is
// optional.
var resultForms = sync.OnceValue(func() (forms struct{ processed, created, updated, grouped *regexp.Regexp }) {
	forms.processed = regexp.MustCompile(`(?i)(\d[\d,.']*)\s+rows?\s+processed`)
	forms.created = regexp.MustCompile(`(?i)creating\s+(\d[\d,.']*)`)
	forms.updated = regexp.MustCompile(`(?i)updating\s+(\d[\d,.']*)`)
	forms.grouped = regexp.MustCompile(`^\d{1,3}([,.']\d{3})+$`)
	return forms
})

// counters reads a result-text; a number that it does not mention is -1.
func counters(result string) (processed, created, updated int) {
	get := func(re *regexp.Regexp) int {
		if m := re.FindStringSubmatch(result); m != nil {
			return wholeNumber(m[1])
		}
		return -1
	}
	forms := resultForms()
	return get(forms.processed), get(forms.created), get(forms.updated)
}

// wholeNumber reads a whole number, with or without marks between its thousands; -1 where there is none.
func wholeNumber(s string) int {
	s = strings.TrimRight(s, ",.'")
	if resultForms().grouped.MatchString(s) {
		s = strings.NewReplacer(",", "", ".", "", "'", "").Replace(s)
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// instant reads a point in time. Where the zone is missing or only an abbreviation it returns the zero time: an unknown
// time is better than one that is wrong by hours.
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
