package mapping

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/export"
)

// maxTableSize is the largest size of a table's file, in bytes.
const maxTableSize = 16 << 20

// lookupTable is a Table prepared for look-ups. Several keys form one text, each with its length before it, so that
// different keys never form the same text.
type lookupTable struct {
	name     string
	keys     int
	values   map[string]string
	fallback *string
}

// lookup returns a table's value by keys that must be equal byte for byte. nil counts as an empty key. Where the table
// has no such line it returns the default, but not where every key is nil: a blank HR field has no meaning, and a
// default like "inactive" would give it one.
func (l *library) lookup(args []value) (value, error) {
	name, err := args[0].scalar()
	if err != nil {
		return value{}, err
	}
	t := l.tables[name]
	if t == nil {
		return value{}, errors.New("the mapping has no such table")
	}
	if len(args)-1 != t.keys {
		return value{}, t.wrongKeys(len(args) - 1)
	}
	return t.find(args[1:])
}

func (t *lookupTable) find(keys []value) (value, error) {
	if len(keys) == 1 && keys[0].text != "" { // the usual look-up, by one key
		return t.answer(t.values[keys[0].text], true), nil
	}
	var buf [128]byte
	key, some := buf[:0], false
	for _, k := range keys {
		s, err := k.scalar()
		if err != nil {
			return value{}, err
		}
		some = some || s != ""
		key = appendKey(key, s, len(keys))
	}
	return t.answer(t.values[string(key)], some), nil
}

// answer returns the value found or the default. A line with a blank value counts as missing.
func (t *lookupTable) answer(found string, some bool) value {
	if found == "" && some && t.fallback != nil {
		return textValue(*t.fallback)
	}
	return textValue(found)
}

// appendKey adds one of n keys to a text.
func appendKey(key []byte, s string, n int) []byte {
	if n > 1 {
		key = append(strconv.AppendInt(key, int64(len(s)), 10), ':')
	}
	return append(key, s...)
}

func (l *library) checkLookup(name string, keys int) error {
	t := l.tables[name]
	if t == nil {
		return export.Hint(fmt.Errorf("the mapping has no table %q", name), "%s", didYouMean(name, tableNames(l.tables)))
	}
	if keys != t.keys {
		return t.wrongKeys(keys)
	}
	return nil
}

func (t *lookupTable) wrongKeys(given int) error {
	return fmt.Errorf("table %q has %d key(s), and lookup was given %d", t.name, t.keys, given)
}

func tableNames(tables map[string]*lookupTable) []string {
	var names []string
	for n := range tables {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// newTable prepares a table for look-ups. It never returns nil, so that look-ups in a table with a problem add no
// second problem.
func newTable(o Table, read func(string) ([]byte, error)) (*lookupTable, error) {
	t := &lookupTable{name: o.Name, keys: max(1, len(o.Keys)), values: o.Values, fallback: o.Default}
	switch {
	case o.Name == "":
		return t, errors.New("a table needs a name")
	case o.File == "" && (len(o.Keys) > 0 || o.Value != ""):
		return t, export.Hint(errors.New("keys and value name columns of a file"), "give file too")
	case o.File == "" && o.Values == nil:
		return t, errors.New("a table needs values, or a file")
	case o.File == "":
		return t, nil
	case o.Values != nil:
		return t, errors.New("a table has values or a file, not both")
	case len(o.Keys) == 0 || o.Value == "":
		return t, export.Hint(errors.New("a table from a file needs keys and value"), "name the columns of the file there")
	case read == nil:
		return t, errors.New("no files can be read here")
	}
	data, err := read(o.File)
	if err != nil {
		return t, fmt.Errorf("read its file: %w", err)
	}
	if t.values, err = readTable(data, o.Keys, o.Value); err != nil {
		return t, fmt.Errorf("%s: %w", o.File, err)
	}
	return t, nil
}

// readTable reads a CSV in UTF-8 with a header that names keys and value. It is separated by commas or, where the
// header has none, by semicolons or tabs.
func readTable(data []byte, keys []string, val string) (map[string]string, error) {
	switch {
	case len(data) > maxTableSize:
		return nil, fmt.Errorf("larger than %d MB", maxTableSize>>20)
	case !utf8.Valid(data):
		return nil, export.Hint(errors.New("not UTF-8"), "save it as UTF-8")
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.ReuseRecord = tableComma(data), true
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("no header: %w", err)
	}
	header = slices.Clone(header)
	at := make([]int, 0, len(keys)+1)
	for _, name := range append(slices.Clone(keys), val) {
		i := slices.Index(header, name)
		if i < 0 {
			return nil, export.Hint(fmt.Errorf("its header has no column %q", name), "%s", didYouMean(name, header))
		}
		at = append(at, i)
	}
	return tableLines(r, at[:len(keys)], at[len(keys)])
}

func tableLines(r *csv.Reader, keys []int, val int) (map[string]string, error) {
	values, lines := map[string]string{}, map[string]int{}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return values, nil
		}
		if err != nil {
			return nil, err
		}
		var key []byte
		for _, k := range keys {
			key = appendKey(key, record[k], len(keys))
		}
		line, _ := r.FieldPos(0)
		if first, seen := lines[string(key)]; seen {
			return nil, fmt.Errorf("lines %d and %d have the same key", first, line)
		}
		lines[string(key)] = line
		values[string(key)] = strings.Clone(record[val])
	}
}

func tableComma(data []byte) rune {
	header, _, _ := bytes.Cut(data, []byte("\n"))
	for _, c := range ",;\t" {
		if bytes.ContainsRune(header, c) {
			return c
		}
	}
	return ','
}
