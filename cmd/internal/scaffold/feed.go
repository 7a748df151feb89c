package scaffold

import (
	"errors"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/feed"
)

// sampled is how many chunks of a feed init reads, a thousand records each.
const sampled = 5

// fieldSeen is what init has seen of one field of a feed.
type fieldSeen struct {
	name   string
	filled int            // records that have a value
	values map[string]int // how often each occurs
}

// share returns which part of the field's values fit, from 0 to 1.
func (s *fieldSeen) share(fits func(string) bool) float64 {
	n := 0
	for v, times := range s.values {
		if fits(v) {
			n += times
		}
	}
	return float64(n) / float64(max(s.filled, 1))
}

// sample is what init has seen of a feed.
type sample struct {
	path      string
	records   int // readable ones
	broken    int // unreadable ones
	fields    []*fieldSeen
	encoding  string // set if the bytes are not UTF-8
	delimiter string // set if it is none of those that are looked for
}

// rareDelimiters are delimiters that are not looked for when a feed is opened.
var rareDelimiters = []string{"^", "~", "#", ":"}

// fallback is what Windows writes in western countries if it does not write UTF-8.
const fallback = "windows-1252"

// sampleFeed reads the header and the first records of a feed.
func sampleFeed(path string) (*sample, error) {
	if isJSONLines(path) {
		return sampleLines(path)
	}
	o := feed.Options{}
	f, err := feed.Open([]string{path}, o)
	if err != nil {
		o.Encoding = fallback
		again, worse := feed.Open([]string{path}, o)
		if worse != nil {
			return nil, err
		}
		f = again
	}
	if len(f.Headers()[0].Fields) < 2 {
		if f, o, err = delimited(path, o, f); err != nil {
			return nil, err
		}
	}
	s, badText, err := readSample(path, f)
	if err == nil && badText && o.Encoding == "" {
		o.Encoding = fallback
		if f, err = feed.Open([]string{path}, o); err == nil {
			s, _, err = readSample(path, f)
		}
	}
	if err != nil {
		return nil, err
	}
	s.encoding, s.delimiter = o.Encoding, o.Delimiter
	return s, nil
}

// delimited opens a feed of one column with the delimiter that splits it into most columns.
func delimited(path string, o feed.Options, f *feed.Feed) (*feed.Feed, feed.Options, error) {
	best, with := f, o
	for _, d := range rareDelimiters {
		o.Delimiter = d
		other, err := feed.Open([]string{path}, o)
		if err == nil && len(other.Headers()[0].Fields) > len(best.Headers()[0].Fields) {
			best, with = other, o
		}
	}
	if len(best.Headers()[0].Fields) < 2 {
		return nil, o, export.Hint(exit.Usage("%s: its header has only one column", path), "give init a feed of people, with a header and a delimiter")
	}
	return best, with, nil
}

// readSample reads the first records. badText reports whether some of them are not UTF-8.
func readSample(path string, f *feed.Feed) (s *sample, badText bool, err error) {
	s = &sample{path: path}
	for _, name := range f.Headers()[0].Fields {
		s.fields = append(s.fields, &fieldSeen{name: name, values: map[string]int{}})
	}
	var rec export.Record
	err = firstChunks{f}.Chunks(func(c export.Chunk) error {
		defer c.Release()
		for c.Next(&rec) {
			if rec.Fault != nil {
				s.broken++
				badText = badText || rec.Fault.Rule == "encoding"
				continue
			}
			s.records++
			for i, v := range rec.Values {
				if v = strings.TrimSpace(v); v != "" {
					s.fields[i].filled++
					s.fields[i].values[strings.Clone(v)]++
				}
			}
		}
		return nil
	})
	return s, badText, err
}

// firstChunks is the beginning of a feed.
type firstChunks struct{ export.Feed }

var errEnough = errors.New("enough of the feed")

// Chunks passes on the first chunks of the feed.
func (f firstChunks) Chunks(take func(export.Chunk) error) error {
	err := f.Feed.Chunks(func(c export.Chunk) error {
		if c.Seq() >= sampled {
			c.Release()
			return errEnough
		}
		return take(c)
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}
