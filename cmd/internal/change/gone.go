package change

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// goneFrom begins the name of the records of people who are gone, in reports and in the ledger, in the place of a feed file's. The
// number of snapshots ends it, so that no file of HR's has such a name.
const goneFrom = "gone from "

// IsGone reports whether a row is of a person who is gone from HR's snapshots. A run that has kept it is part of the name.
func IsGone(o export.Origin) bool {
	name, _ := ledger.HomeOf(o.File)
	return strings.HasPrefix(name, goneFrom)
}

// Absent is a person who is gone.
type Absent struct {
	Key       string
	Login     string    // the last one that was sent
	Since     time.Time // the day of the first snapshot without them
	Snapshots int       // without them
}

// Compare puts people in an order: whoever is gone for longest comes first.
func (a Absent) Compare(b Absent) int {
	return cmp.Or(a.Since.Compare(b.Since), b.Snapshots-a.Snapshots, strings.Compare(a.Key, b.Key))
}

// file returns the name of the records of people who are gone for as long as this one. from is the file of HR's that lacks them.
func (a Absent) file(from string) string {
	return fmt.Sprintf("%s%s since %s, %s", goneFrom, export.Plain(from), a.Since.Format(time.DateOnly), export.Plural(a.Snapshots, "snapshot"))
}

// Identifies reports whether HR's key, or the login that was sent last, is enough to say which Coupa user a person is.
func Identifies(pipe *wiring.Pipeline) bool {
	return slices.ContainsFunc(pipe.Mapping.Columns(), func(column string) bool {
		return decides(pipe, column) && (column == export.ColumnLogin || keyAlone(pipe, column))
	})
}

// WithGone returns a feed with the records of people who are gone at its end: each becomes inactive. from is the file of HR's that
// lacks them. The same people are the same bytes.
func WithGone(pipe *wiring.Pipeline, fresh export.Feed, from string, people []Absent) export.Feed {
	if len(people) == 0 {
		return fresh
	}
	f := &gone{Feed: fresh}
	first := len(fresh.Names())
	byLogin := slices.Contains(Deciding(pipe), export.ColumnLogin)
	for rest := people; len(rest) > 0; {
		name := rest[0].file(from)
		n := slices.IndexFunc(rest, func(a Absent) bool { return a.file(from) != name })
		if n < 0 {
			n = len(rest)
		}
		h := blankHeader(pipe)
		h.File = first + len(f.made)
		h.Fields = append(h.Fields, mark+export.ColumnStatus)
		if byLogin {
			h.Fields = append(h.Fields, mark+export.ColumnLogin)
		}
		recs := make([]export.Record, n)
		for i, a := range rest[:n] {
			recs[i] = blankRecord(h, a.Key)
			recs[i].File = h.File // without a line: the name says all
			recs[i].Values = append(recs[i].Values, export.StatusInactive)
			if byLogin {
				recs[i].Values = append(recs[i].Values, a.Login)
			}
		}
		f.made = append(f.made, newTyped(name, "hr2coupa feed.gone", recs))
		rest = rest[n:]
	}
	return f
}

// gone is a feed with records of people who are gone behind it.
type gone struct {
	export.Feed
	made []*typedFeed
}

// Files returns HR's files first.
func (g *gone) Files() []export.FeedFile {
	files := slices.Clone(g.Feed.Files())
	for _, m := range g.made {
		files = append(files, m.file)
	}
	return files
}

// Names returns the names in the same order.
func (g *gone) Names() []string {
	names := slices.Clone(g.Feed.Names())
	for _, m := range g.made {
		names = append(names, m.file.Name)
	}
	return names
}

// Chunks calls take with HR's records, and then with those of people who are gone.
func (g *gone) Chunks(take func(export.Chunk) error) error {
	n := 0
	if err := g.Feed.Chunks(func(c export.Chunk) error { n++; return take(c) }); err != nil {
		return err
	}
	for _, m := range g.made {
		for recs := range slices.Chunk(m.recs, chunkRecords) {
			if err := take(&chunk{seq: n, recs: recs}); err != nil {
				return err
			}
			n++
		}
	}
	return nil
}
