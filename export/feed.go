package export

import (
	"fmt"
	"time"
)

// Origin is the place in a feed from which a fault, a row or an outcome comes.
type Origin struct {
	File string `json:"file"` // the feed file's base name
	Line int    `json:"line"` // physical line its record begins on, counted from 1, the header included
}

// String returns the origin as file:line.
func (o Origin) String() string {
	if o.Line == 0 {
		return o.File
	}
	return fmt.Sprintf("%s:%d", o.File, o.Line)
}

// Header names the fields of the records that follow it. Records of one file share one Header by pointer.
type Header struct {
	File   int      // index into FeedInfo.Files
	Fields []string // as HR spells them
}

// Index returns the index of a field, or -1.
func (h *Header) Index(field string) int {
	for i, f := range h.Fields {
		if f == field {
			return i
		}
	}
	return -1
}

// Record is one change record: a line of a feed as text, or the fault that replaces it.
//
// Values may alias the reader's memory: they are valid until their chunk is released. Clone what has to stay.
type Record struct {
	Header  *Header
	File    int // index into FeedInfo.Files
	Line    int
	Values  []string // one for each of Header.Fields
	Missing []bool   // nil, or true where the record lacks the field altogether (JSON Lines)
	Day     string   // the day, as 2006-01-02, for which it has waited; its blank fields are then unknown, and so are cells made of them
	Fault   *Fault   // not nil: the record could not be read; Values are not valid
	Lost    bool     // with Fault: the rest of the file after this line could not be read either
	Open    bool     // it is the last record of its file, and its line has no end
	Kept    bool     // an earlier plan has kept it
	Coupa   *Holding // nil: Coupa is not asked
}

// Holding is what Coupa holds of the person of a record, for expressions that read it.
type Holding struct {
	User  *User // nil: Coupa has no such user
	Later bool  // Coupa is asked later, and cells that need its answer are absent until then
	Read  bool  // an expression has needed it
}

// Chunk is a run of whole records. Its receiver cuts it into fields, so that cutting runs on every core. One goroutine
// uses it at a time.
type Chunk interface {
	// Seq returns the number of the chunk in one pass over the feed, from 0, across files.
	Seq() int
	// Next fills rec with the next record, reusing its slices; it returns false at the end of the chunk.
	Next(rec *Record) bool
	// Release returns the chunk's memory back; no value of its records may be used afterwards.
	Release()
}

// Feed is a set of HR files, read in name order any number of times; every pass yields the same chunks.
type Feed interface {
	// Chunks calls take with every chunk of the feed, in order, from one goroutine. It stops at the first error of take
	// and returns it unchanged. A file that cannot be read at all is an *UnusableFeedError.
	Chunks(take func(Chunk) error) error
	// Files returns the files, in reading order; sizes and hashes are those of the bytes on disk. It waits for the hashes.
	Files() []FeedFile
	// Names returns the base names of the files, in reading order; it does not wait.
	Names() []string
}

// FeedFile is one file of a feed. It is identified by its name and its bytes.
type FeedFile struct {
	Path   string `json:"path"`
	Name   string `json:"name"` // base name
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // of the bytes on disk, lower-case hex

	// Kept is not 0 where this is no file of HR's but the records that an earlier plan has kept; Name then ends with @
	// and that plan's run. KeptDated are those that have waited for their day.
	Kept int64 `json:"-"`

	// LineEnd is known after a whole pass over the file.
	LineEnd LineEnd `json:"-"`

	// Modified is when the file was last changed, as its folder says; the zero time means unknown.
	Modified time.Time `json:"-"`
}

// LateFile is a file of HR's that came later than a newer one: its name differs from that one's in numbers alone and comes before
// it, and by its time it is older too. A late file is its name and its bytes.
type LateFile struct {
	Name   string `json:"name"`
	Path   string `json:"path,omitempty"` // not recorded
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Newer  string `json:"newer"`           // name of the newer file, which was planned before
	Known  bool   `json:"known,omitempty"` // it was passed over by an earlier start too, and a person has named it

	// Superseded says that it is a snapshot, and that the newer one is planned by this very start.
	Superseded bool `json:"superseded,omitempty"`
}

// String says which file is late, and what that means.
func (f LateFile) String() string {
	if f.Superseded {
		return fmt.Sprintf("%s is an older snapshot than %s: it is passed over, and nothing of it is sent", f.Name, f.Newer)
	}
	return fmt.Sprintf("%s is older than %s, which was planned before: it is passed over, and nothing of it is sent", f.Name, f.Newer)
}

// Hint returns what to do.
func (f LateFile) Hint() string {
	return fmt.Sprintf("if it is to be sent all the same, over the newer values: hr2coupa run %s --late", f.Path)
}

// LineEnd is how the last line of a feed file ended; the ledger stores the word. The zero value means unknown.
type LineEnd string

const (
	LineEnded LineEnd = "ended" // with a line end
	LineOpen  LineEnd = "open"  // without one
	LineCut   LineEnd = "cut"   // without one, and the file was treated as cut off
)

// LineEnds returns every word.
func LineEnds() []LineEnd { return []LineEnd{LineEnded, LineOpen, LineCut} }

// UnusableFeedError reports why a feed cannot be used at all (exit 9).
type UnusableFeedError struct {
	File string // "" when it is about the feed as a whole
	Line int    // 0 when not known
	Why  string // what is wrong
	Hint string // what to do

	Missing, Stale bool // no file is there, or only files that are too old: HR has delivered nothing
}

// Hints returns what to do.
func (e *UnusableFeedError) Hints() []string { return []string{e.Hint} }

// WithHint sets what to do and returns the error itself.
func (e *UnusableFeedError) WithHint(format string, args ...any) *UnusableFeedError {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// Error returns what is wrong with the feed, without the hint.
func (e *UnusableFeedError) Error() string {
	switch {
	case e.File == "":
		return "feed unusable: " + e.Why
	case e.Line == 0:
		return fmt.Sprintf("feed unusable: %s: %s", e.File, e.Why)
	}
	return fmt.Sprintf("feed unusable: %s:%d: %s", e.File, e.Line, e.Why)
}
