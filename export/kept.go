package export

import (
	"slices"
	"strings"
)

// KeptRecord is a change record that a plan read and did not send: its run is held, or its person waits for the verdict
// on an earlier row. The ledger keeps it, and the next plan reads it before anything new.
type KeptRecord struct {
	Origin  Origin
	Header  *Header
	Values  []string
	Missing []bool // as in Record
	Again   bool   // it was kept before: its origin names the run that kept it first
}

// keep copies a record out of its chunk.
func keep(rec *Record, file string) KeptRecord {
	k := KeptRecord{
		Origin: Origin{file, rec.Line}, Header: rec.Header, Values: slices.Clone(rec.Values),
		Missing: slices.Clone(rec.Missing), Again: rec.Kept,
	}
	for i, v := range k.Values {
		k.Values[i] = strings.Clone(v)
	}
	return k
}

// KeptFeed is what earlier plans have kept.
type KeptFeed interface {
	// From gives the records as a feed whose files count from index first on, so that it can be read together with
	// another one. Its Files have Kept set.
	From(first int) Feed
}

// JoinFeeds reads what was kept before what is new, so that a person's records keep their order. fresh may be nil.
func JoinFeeds(kept KeptFeed, fresh Feed) Feed {
	if fresh == nil {
		return kept.From(0)
	}
	return &joined{kept.From(len(fresh.Names())), fresh}
}

type joined struct{ kept, fresh Feed }

// Files tells the new files first: their records count indexes from 0.
func (j *joined) Files() []FeedFile { return append(slices.Clone(j.fresh.Files()), j.kept.Files()...) }

// Names gives them in the same order.
func (j *joined) Names() []string { return append(slices.Clone(j.fresh.Names()), j.kept.Names()...) }

func (j *joined) Chunks(take func(Chunk) error) error {
	n := 0
	if err := j.kept.Chunks(func(c Chunk) error { n++; return take(c) }); err != nil {
		return err
	}
	return j.fresh.Chunks(func(c Chunk) error { return take(&later{c, n}) })
}

// later is a chunk that comes after n others.
type later struct {
	Chunk
	n int
}

func (l *later) Seq() int { return l.n + l.Chunk.Seq() }

// Waiting knows the people whom a new row must not overtake: an earlier one of theirs is in a part without a verdict.
// Each map gives the name of that part. The zero value knows nobody.
type Waiting struct {
	Keys   map[string]string // by the feed's key
	Firsts map[string]string // by the first cell as sent, for dropped files, which have no feed
	Logins map[string]string // by the Login cell, lower case
}

// Behind tells which part a person has to wait for.
func (w *Waiting) Behind(key, first, login string) (part string, ok bool) {
	if w == nil {
		return "", false
	}
	if part, ok = w.Keys[key]; ok {
		return part, true
	}
	if part, ok = w.Firsts[first]; ok && first != "" {
		return part, true
	}
	part, ok = w.Logins[strings.ToLower(login)]
	return part, ok && login != ""
}

// Empty tells whether nobody waits.
func (w *Waiting) Empty() bool { return w == nil || len(w.Keys)+len(w.Firsts)+len(w.Logins) == 0 }
