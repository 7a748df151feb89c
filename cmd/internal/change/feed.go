package change

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// The names of changes in reports and in the ledger, in the place of a feed file's. No file of a feed has such a name: it
// would have an ending.
const (
	File   = "change"
	FileHR = "change --hr"
)

// Typed reports whether a row is from a change and not from a file of HR's. A run that has kept it is part of the name.
func Typed(o export.Origin) bool {
	name, _ := ledger.HomeOf(o.File)
	return name == File || name == FileHR
}

// InCoupasColumns reports whether a row is from a change whose values are Coupa's, not HR's.
func InCoupasColumns(o export.Origin) bool {
	name, _ := ledger.HomeOf(o.File)
	return name == File
}

// one is a feed of one record. It is read any number of times, by one pass or several.
type one struct {
	file export.FeedFile
	rec  export.Record
}

// newOne returns the feed of a change. Its header has all fields that the mapping reads, as that of JSON Lines has: those that
// are not said are missing. The same change is the same bytes, in whatever order it was typed.
func newOne(pipe *wiring.Pipeline, s Said, cells map[string]string) *one {
	h := &export.Header{}
	rec := export.Record{Header: h}
	add := func(field, value string, said bool) {
		h.Fields, rec.Values, rec.Missing = append(h.Fields, field), append(rec.Values, value), append(rec.Missing, !said)
	}
	key, name := pipe.Config.Feed.Key, File
	add(key, s.Key, true)
	for _, field := range pipe.Mapping.Fields() {
		if field != key {
			value, said := cells[field]
			add(field, value, said && s.HR)
		}
	}
	if s.HR {
		name = FileHR
	} else {
		for _, column := range pipe.Mapping.Columns() {
			if value, said := cells[column]; said {
				add(mark+column, value, true)
			}
		}
	}
	return &one{file: fileOf(name, s.By, &rec), rec: rec}
}

// fileOf describes a change as if it were a file. Its path says who has typed it.
func fileOf(name, by string, rec *export.Record) export.FeedFile {
	data, err := json.Marshal([]any{name, rec.Header.Fields, rec.Values, rec.Missing})
	if err != nil {
		panic(err) // texts and flags are always JSON
	}
	sum := sha256.Sum256(data)
	path := "hr2coupa " + name
	if by != "" {
		path += ", by " + by
	}
	return export.FeedFile{Path: path, Name: name, Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}
}

// Files returns the change in the form of a file.
func (f *one) Files() []export.FeedFile { return []export.FeedFile{f.file} }

// Names returns the name of that file.
func (f *one) Names() []string { return []string{f.file.Name} }

// Chunks calls take with the one record.
func (f *one) Chunks(take func(export.Chunk) error) error { return take(&chunk{feed: f}) }

type chunk struct {
	feed *one
	read bool
}

func (c *chunk) Seq() int { return 0 }
func (c *chunk) Release() {}

// Next fills rec with the record, once.
func (c *chunk) Next(rec *export.Record) bool {
	if c.read {
		return false
	}
	*rec, c.read = c.feed.rec, true
	rec.Values, rec.Missing = slices.Clone(rec.Values), slices.Clone(rec.Missing) // they may be reused for other records
	return true
}
