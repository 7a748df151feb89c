package ledger

import (
	"maps"
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

// Come holds records whose day has come. It implements KeptFeed.
type Come struct {
	Records []export.DatedRecord // in the order in which plans have read them
	Fields  []string             // fields that every record has, with a value or without
}

// From returns the records as a feed. The indexes of its files start at first.
func (d *Come) From(first int) export.Feed { return &comeFeed{d, first} }

type comeFeed struct {
	*Come
	first int
}

// Names returns the names of the files that the records came from, each once.
func (d *comeFeed) Names() (names []string) {
	for i := range d.Records {
		if name := d.Records[i].Origin.File; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func (d *comeFeed) Files() (files []export.FeedFile) {
	for _, name := range d.Names() {
		files = append(files, export.FeedFile{Name: name, Kept: export.KeptDated})
	}
	return files
}

// Chunks gives the records of one file, as far as they stand together, in one chunk.
func (d *comeFeed) Chunks(take func(export.Chunk) error) error {
	names := d.Names()
	headers := make([]*export.Header, len(names))
	for from, seq := 0, 0; from < len(d.Records); seq++ {
		file := slices.Index(names, d.Records[from].Origin.File)
		to := from + 1
		for to < len(d.Records) && d.Records[to].Origin.File == names[file] && to-from < comeChunk {
			to++
		}
		if headers[file] == nil {
			headers[file] = &export.Header{File: d.first + file, Fields: d.fieldsOf(names[file])}
		}
		if err := take(&comeRecords{seq: seq, header: headers[file], rest: d.Records[from:to]}); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// comeChunk is how many records a chunk has at most.
const comeChunk = 1000

// fieldsOf returns the fields of a file's records.
func (d *comeFeed) fieldsOf(file string) []string {
	fields := map[string]bool{}
	for _, f := range d.Fields {
		fields[f] = true
	}
	for i := range d.Records {
		if d.Records[i].Origin.File == file {
			for f := range d.Records[i].Fields {
				fields[f] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(fields))
}

type comeRecords struct {
	seq    int
	header *export.Header
	rest   []export.DatedRecord
}

func (c *comeRecords) Seq() int { return c.seq }
func (c *comeRecords) Release() {}

func (c *comeRecords) Next(rec *export.Record) bool {
	if len(c.rest) == 0 {
		return false
	}
	r := &c.rest[0]
	c.rest = c.rest[1:]
	*rec = export.Record{
		Header: c.header, File: c.header.File, Line: r.Origin.Line, Kept: true, Day: r.Day,
		Values: make([]string, len(c.header.Fields)), Missing: make([]bool, len(c.header.Fields)),
	}
	for i, f := range c.header.Fields {
		value, has := r.Fields[f]
		rec.Values[i], rec.Missing[i] = value, !has
	}
	return true
}

// Earlier returns the records that earlier plans have kept, those whose day has come among them, in the order of the runs that have
// read them. Either may be nil.
func Earlier(kept *Kept, come *Come) KeptFeed {
	switch {
	case come == nil && kept == nil:
		return nil
	case come == nil:
		return kept
	case kept == nil:
		return come
	}
	return &earlier{kept, come}
}

type earlier struct {
	kept *Kept
	come *Come
}

func (e *earlier) From(first int) export.Feed {
	kept := e.kept.From(first)
	return &earlierFeed{kept, e.come.From(first + len(kept.Names())), first}
}

type earlierFeed struct {
	kept, come export.Feed
	first      int
}

func (e *earlierFeed) Files() []export.FeedFile { return append(e.kept.Files(), e.come.Files()...) }
func (e *earlierFeed) Names() []string          { return append(e.kept.Names(), e.come.Names()...) }

// Chunks gives each chunk before those of later runs. All records of a chunk are of one run.
func (e *earlierFeed) Chunks(take func(export.Chunk) error) error {
	var come []*comeRecords
	if err := e.come.Chunks(func(c export.Chunk) error { come = append(come, c.(*comeRecords)); return nil }); err != nil {
		return err
	}
	names := e.Names()
	seq := 0
	give := func(c export.Chunk) error {
		seq++
		return take(renumbered{c, seq - 1})
	}
	before := func(run string) error {
		for len(come) > 0 && (run == "" || runOf(names[come[0].header.File-e.first]) < run) {
			if err := give(come[0]); err != nil {
				return err
			}
			come = come[1:]
		}
		return nil
	}
	err := e.kept.Chunks(func(c export.Chunk) error {
		if err := before(runOf(names[c.(*keptChunk).header.File-e.first])); err != nil {
			return err
		}
		return give(c)
	})
	if err != nil {
		return err
	}
	return before("")
}

func runOf(name string) string {
	_, run := HomeOf(name)
	return run
}

type renumbered struct {
	export.Chunk
	seq int
}

func (r renumbered) Seq() int { return r.seq }
