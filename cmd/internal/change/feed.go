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

// Typed reports whether a row is from a change, an undo or a repair, or of a person who is gone, and not from a file of HR's. A run that has
// kept it is part of the name.
func Typed(o export.Origin) bool {
	name, _ := ledger.HomeOf(o.File)
	return name == FileHR || InCoupasColumns(o)
}

// InCoupasColumns reports whether a row is from a change, an undo or a repair whose values are in Coupa's columns and not HR's fields, or of a person who is gone.
func InCoupasColumns(o export.Origin) bool {
	name, _ := ledger.HomeOf(o.File)
	return name == File || Undoes(o) != "" || IsGone(o) || Repairs(o)
}

// typedFeed is a feed of records that were typed, or made here. It is read any number of times, by one pass or several.
type typedFeed struct {
	file export.FeedFile
	recs []export.Record
}

// newOne returns the feed of a change. Its header has all fields that the mapping reads, as that of JSON Lines has: those that
// are not said are missing. The same change is the same bytes, in whatever order it was typed.
func newOne(pipe *wiring.Pipeline, s Said, cells map[string]string) *typedFeed {
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
	path := "hr2coupa " + name
	if s.By != "" {
		path += ", by " + s.By
	}
	return newTyped(name, path, []export.Record{rec})
}

// newTyped returns a feed of records with one header, and describes it as if it were a file. The path of a change says who has
// typed it.
func newTyped(name, path string, recs []export.Record) *typedFeed {
	sum, size := sha256.New(), int64(0)
	write := func(v any) {
		data, err := json.Marshal(v)
		if err != nil {
			panic(err) // texts and flags are always JSON
		}
		size += int64(len(data))
		sum.Write(data)
	}
	for _, rec := range recs {
		write([]any{name, rec.Header.Fields, rec.Values, rec.Missing})
	}
	return &typedFeed{export.FeedFile{Path: path, Name: name, Size: size, SHA256: hex.EncodeToString(sum.Sum(nil))}, recs}
}

// Files returns the records in the form of a file.
func (f *typedFeed) Files() []export.FeedFile { return []export.FeedFile{f.file} }

// Names returns the name of that file.
func (f *typedFeed) Names() []string { return []string{f.file.Name} }

// chunkRecords is how many records are planned at once.
const chunkRecords = 500

// Chunks calls take with the records, some at a time.
func (f *typedFeed) Chunks(take func(export.Chunk) error) error {
	seq := 0
	for recs := range slices.Chunk(f.recs, chunkRecords) {
		if err := take(&chunk{seq: seq, recs: recs}); err != nil {
			return err
		}
		seq++
	}
	return nil
}

type chunk struct {
	seq  int
	recs []export.Record // those that were not read yet
}

func (c *chunk) Seq() int { return c.seq }
func (c *chunk) Release() {}

// Next fills rec with the next record.
func (c *chunk) Next(rec *export.Record) bool {
	if len(c.recs) == 0 {
		return false
	}
	*rec, c.recs = c.recs[0], c.recs[1:]
	rec.Values, rec.Missing = slices.Clone(rec.Values), slices.Clone(rec.Missing) // they may be reused for other records
	return true
}
