package scaffold

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"

	"github.com/hr2coupa/hr2coupa/export/feed"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

const (
	mostNames   = 1000    // fields of JSON Lines that are looked at
	longestLine = 4 << 20 // bytes of a line of them
)

// isJSONLines reports whether a feed's name says that it is JSON Lines.
func isJSONLines(path string) bool {
	ext := filepath.Ext(strings.TrimSuffix(strings.ToLower(path), ".gz"))
	return ext == ".jsonl" || ext == ".ndjson"
}

// sampleLines reads the first records of JSON Lines. They have no header: the names of their first objects stand for one.
func sampleLines(path string) (*sample, error) {
	names, err := namesInLines(path)
	if err != nil {
		return nil, err
	}
	f, err := feed.Open([]string{path}, feed.Options{Fields: names})
	if err != nil {
		return nil, err
	}
	s, _, err := readSample(path, f)
	return s, err
}

// namesInLines returns the names in the first objects of a file, in their order. A name that has an object as its value is left
// out: no feed reads one. A line that is no object says nothing here; the sample counts it.
func namesInLines(path string) (names []string, err error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read from
	in := bufio.NewReader(f)
	var r io.Reader = in
	if head, _ := in.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		if r, err = gzip.NewReader(in); err != nil {
			return nil, err
		}
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	seen, nested := map[string]bool{}, map[string]bool{}
	for n := 0; n < sampled*1000 && lines.Scan(); n++ {
		line := bytes.TrimPrefix(lines.Bytes(), []byte("\ufeff"))
		if !json.Valid(line) {
			continue
		}
		for _, m := range members(line) {
			nested[m.name] = nested[m.name] || m.isObject
			if !seen[m.name] && len(names) < mostNames {
				seen[m.name] = true
				names = append(names, m.name)
			}
		}
	}
	if err := lines.Err(); err != nil && !errors.Is(err, bufio.ErrTooLong) { // the sample tells of that line
		return nil, err
	}
	flat := names[:0]
	for _, name := range names {
		if !nested[name] {
			flat = append(flat, name)
		}
	}
	return flat, nil
}

type member struct {
	name     string
	isObject bool
}

// members returns the members of a valid JSON text in their order; none where it is no object.
func members(line []byte) (list []member) {
	d := json.NewDecoder(bytes.NewReader(line))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	for d.More() {
		name, err := d.Token()
		var value json.RawMessage
		if err != nil || d.Decode(&value) != nil {
			return list
		}
		if text, ok := name.(string); ok {
			list = append(list, member{text, len(value) > 0 && value[0] == '{'})
		}
	}
	return list
}
