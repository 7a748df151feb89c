// Package feed reads HR's change files: CSV, TSV and JSON Lines, plain or gzipped, as records of text.
//
// Nothing is guessed and nothing is dropped silently. Every line of a file becomes a record or a fault with its file
// and line. What makes a whole file unreadable is an [export.UnusableFeedError] that says what to do. Values stay text:
// leading zeros survive and nothing becomes a number or a date by itself.
//
// # CSV
//
// .csv, .tsv and .txt follow RFC 4180: LF or CRLF ends a line, and a quoted field may hold delimiters, line breaks and
// doubled quotes. A line break inside a value is one LF, however the file ends its lines. Blank lines are skipped. No
// value is trimmed. The first record is the header. A broken quote (text after a closing quote, a quote inside an
// unquoted field) makes its record a fault. Reading goes on with the physical line after the one on which that record
// begins, so one bad line does not swallow good ones. A quoted field that is never closed loses the rest of the file.
//
// # JSON Lines
//
// .jsonl and .ndjson hold one object a line. Numbers keep their literal text, booleans are true and false, null is a
// missing field, an array of strings becomes its elements joined by commas. Fields that no mapping asks for are
// ignored.
//
// # Encoding
//
// A byte order mark decides (UTF-8, UTF-16LE, UTF-16BE), else a file that is valid UTF-8 is UTF-8, else the configured
// encoding holds for all of the file. With none configured, the records that are not UTF-8 are faults.
//
// # Speed
//
// One goroutine reads blocks and only finds where records end. The worker with a chunk cuts it into fields, which alias
// the block. Memory is bounded by the chunks in use, not by the size of a file.
package feed

import (
	"fmt"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

const (
	maxRecord   = 1 << 20 // bytes of one record, its line end included
	blockSize   = 2 << 20 // bytes of one read; more than maxRecord, so that a whole record fits
	defaultRows = 1000    // records of a chunk
	keptBlocks  = 8       // free blocks stored for the next read
)

// Options set how to read a feed. The zero value reads UTF-8 files and requires no field.
type Options struct {
	// Encoding is the charset ("windows-1252", "iso-8859-15", "utf-16le" ...) of files that have no byte order mark and
	// are not valid UTF-8. "" makes their broken records faults.
	Encoding string
	// Delimiter is one ASCII character, or "" to find it from the header line among comma, semicolon, tab and bar.
	Delimiter string
	// Key is the HR field that names the person. Every header must have it; "" requires none.
	Key string
	// Fields are the HR fields a mapping reads. Key and Fields are the header of JSON Lines, which has none of its own.
	Fields []string
	// MaxAge is how old the newest file may be, by its time of modification; 0 for any age.
	MaxAge time.Duration
	// Now is the time from which MaxAge counts back.
	Now time.Time
	// Unhashed leaves out the files' hashes, for a caller that records nothing: [Feed.Files] returns none.
	Unhashed bool
	// MaxRecords is how many records the feed may have, all files together; 0 is no ceiling.
	MaxRecords int
	// MaxBytes is how many bytes the feed may have, unpacked and all files together; 0 is no ceiling. A file of a few
	// kilobytes may unpack to any number of them.
	MaxBytes int64
	// ChunkRows is the largest number of records in a chunk; 0 means 1000.
	ChunkRows int
	// Skip reports whether a file that a glob finds is none of HR's; nil skips none.
	Skip func(path string) bool
}

// Validate returns what is wrong with the options themselves, before any file is opened; nil where nothing is.
func (o Options) Validate() error {
	if _, err := charset(o.Encoding); err != nil {
		return err
	}
	if o.Delimiter != "" && !usableDelimiter(o.Delimiter) {
		return export.Hint(fmt.Errorf("delimiter %q is not usable", o.Delimiter), "give one ASCII character other than quote and line break")
	}
	if o.MaxRecords < 0 || o.MaxBytes < 0 {
		return fmt.Errorf("max records %d, max bytes %d: may not be negative", o.MaxRecords, o.MaxBytes)
	}
	if o.MaxAge < 0 || o.ChunkRows < 0 {
		return fmt.Errorf("max age %v, chunk rows %d: may not be negative", o.MaxAge, o.ChunkRows)
	}
	if o.MaxAge > 0 && o.Now.IsZero() {
		return fmt.Errorf("max age %v: needs the time now", o.MaxAge)
	}
	return nil
}

// needed returns the fields that the reader of this feed asks for: the key first, then Fields, each once.
func (o Options) needed() []string {
	var names []string
	for _, n := range append([]string{o.Key}, o.Fields...) {
		if n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// sizes are the bounds of one feed's reader; tests choose small ones.
type sizes struct{ record, block, rows int }

// Feed is a set of HR files. Several passes may run at once; each opens the files again.
type Feed struct {
	sources []*source
	key     string // Options.Key
	sizes   sizes
	pool    *pool

	maxRecords int // Options.MaxRecords
}

var _ export.Feed = (*Feed)(nil)

// Open finds the files, reads their headers and begins to hash them in the background. A pattern is a plain path or a
// glob of [path/filepath.Match]; an existing path is taken literally. Files are ordered by base name, in which numbers count
// as numbers (see alike.CompareFileNames), then by path.
//
// A fault that a person has to fix is an *[export.UnusableFeedError]: nothing found, a folder, no permission, two files
// of one name, an unknown ending, all files older than MaxAge, a header that is missing, broken or without Key. Wrong
// options are plain errors.
func Open(patterns []string, o Options) (*Feed, error) {
	rows := o.ChunkRows
	if rows == 0 {
		rows = defaultRows
	}
	return openSized(patterns, o, sizes{record: maxRecord, block: blockSize, rows: rows})
}

func openSized(patterns []string, o Options, z sizes) (*Feed, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("feed options: %w", err)
	}
	paths, err := find(patterns, o.Skip)
	if err != nil {
		return nil, err
	}
	f := &Feed{key: o.Key, sizes: z, maxRecords: o.MaxRecords, pool: newPool(z.block)}
	for i, p := range paths {
		s, err := newSource(i, p, o, z)
		if err != nil {
			return nil, err
		}
		f.sources = append(f.sources, s)
		if o.MaxBytes > 0 { // the unpacked bytes of a file count against the files after it
			if o.MaxBytes -= s.unpacked.Load(); o.MaxBytes <= 0 {
				o.MaxBytes = 1
			}
		}
	}
	if err := f.checkAge(o); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *Feed) checkAge(o Options) error {
	if o.MaxAge == 0 {
		return nil
	}
	newest := f.sources[0]
	for _, s := range f.sources {
		if s.stat.ModTime().After(newest.stat.ModTime()) {
			newest = s
		}
	}
	if age := o.Now.Sub(newest.stat.ModTime()); age > o.MaxAge {
		stale := unusable(newest.Name, 0, "stale: the newest file is %v old, and at most %v is allowed", age.Round(time.Minute), o.MaxAge)
		stale.Stale = true
		return stale.WithHint("find out why HR sent nothing newer, or raise feed.max_age")
	}
	return nil
}

// Files returns the files in reading order, as they were when Open found them. It waits until they are hashed. The hash
// of a file that cannot be read, or has changed meanwhile, is empty, and every pass over it returns the reason.
func (f *Feed) Files() []export.FeedFile {
	files := make([]export.FeedFile, len(f.sources))
	for i, s := range f.sources {
		files[i] = s.FeedFile
		files[i].SHA256, _ = s.hash()
		files[i].LineEnd, _ = s.lineEnd.Load().(export.LineEnd)
		files[i].Modified = s.stat.ModTime()
	}
	return files
}

// Names returns the names of the files in reading order.
func (f *Feed) Names() []string {
	names := make([]string, len(f.sources))
	for i, s := range f.sources {
		names[i] = s.Name
	}
	return names
}

// Headers returns the header of every file, in reading order: the same pointers that the records carry.
func (f *Feed) Headers() []*export.Header {
	hs := make([]*export.Header, len(f.sources))
	for i, s := range f.sources {
		hs[i] = s.header
	}
	return hs
}

// Chunks reads all files once and calls take with their chunks, in order, on the calling goroutine. The receiver
// releases each chunk; a chunk that is never released costs memory, not correctness. The first error of take ends the
// pass and is returned unchanged. A file that changed since Open, or with gzip data cut off, is an
// *[export.UnusableFeedError]: chunks from before the error must not be used for anything lasting.
func (f *Feed) Chunks(take func(export.Chunk) error) error {
	seq, records := 0, 0
	for _, s := range f.sources {
		err := s.read(func(st *stream) error {
			sp := splitter{src: s, in: st, pool: f.pool, sizes: f.sizes, take: take, seq: seq, records: records, most: f.maxRecords}
			err := sp.run()
			seq, records = sp.seq, sp.records
			return err
		})
		if err != nil {
			return err
		}
		if _, err := s.hash(); err != nil { // the file is not what was read
			return err
		}
	}
	return nil
}
