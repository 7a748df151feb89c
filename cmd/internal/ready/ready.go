// Package ready reads and checks files that are Coupa's users CSVs already, as drop sends them.
package ready

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/regular"
	"github.com/hr2coupa/hr2coupa/export/spreadsheet"
)

// File is one checked file.
type File struct {
	Feed    export.FeedFile // as it was given
	Sent    export.FeedFile // what is sent of it: Feed, unless the bytes are others
	Data    []byte          // what is sent
	Sheet   *layout.Ready   // of what is sent; its lines are those of the given file
	Changes []spreadsheet.Change
}

// Options are the files of a drop, and what a person allows for them.
type Options struct {
	Files      []string
	Again      bool // bytes that were dropped before go once more
	AllowEmpty bool // cells may be empty
	AllowNear  bool // new people may have nearly the login of a user of Coupa's, or the same name
	Skip       bool // rows that must not be sent stay, and the others go
	Convert    bool // what spreadsheets write is turned into what Coupa takes
}

// Read reads and checks every file. Its error has all faults of all files, and ends with the code for a faulty feed. A fault of
// many rows is told once.
func Read(cfg *config.Config, o Options, now time.Time) ([]File, error) {
	var out []File
	var faults []error
	var bad [][]export.Fault // of each file
	paths := map[string]string{}
	for _, path := range o.Files {
		data, err := readFile(path)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		f := newFile(path, data)
		if other, ok := paths[f.Feed.SHA256]; ok {
			faults = append(faults, export.Hint(fmt.Errorf("%s: the same bytes as %s", path, other), "name it once"))
			continue
		}
		paths[f.Feed.SHA256] = path
		bad = append(bad, f.faults(cfg, o))
		out = append(out, f)
	}
	if len(faults) == 0 && !slices.ContainsFunc(bad, func(of []export.Fault) bool { return of != nil }) {
		return out, nil
	}
	for i := range out {
		if !o.Skip { // such rows would stay; else they stop the drop too, and all reasons are told at once
			bad[i] = append(bad[i], out[i].protected(cfg, now)...)
		}
		faults = append(faults, told(bad[i])...)
	}
	return nil, stopped(export.ExitFeed, faults)
}

func newFile(path string, data []byte) File {
	feed := described(path, data)
	return File{Data: data, Feed: feed, Sent: feed}
}

// faults converts a file, if that is asked for, and checks it.
func (f *File) faults(cfg *config.Config, o Options) []export.Fault {
	if o.Convert {
		if bad := f.convert(cfg); bad != nil {
			return bad
		}
	}
	return f.check(cfg, o)
}

// check checks a file by Coupa's layout.
func (f *File) check(cfg *config.Config, o Options) (faults []export.Fault) {
	f.Sheet, faults = layout.CheckReady(f.Feed.Name, f.Data, layout.ReadyOptions{
		Custom: cfg.Layout.Custom, CardReason: cfg.Layout.AllowCardData, AllowEmpty: o.AllowEmpty,
		AllowNotify: wiring.MayCreate(cfg, math.MaxInt32),
		MaxRows:     cfg.Layout.MaxRows, MaxBytes: cfg.Layout.MaxBytes,
	})
	return faults
}

// protected returns the rows of people who must not be changed.
func (f *File) protected(cfg *config.Config, now time.Time) (faults []export.Fault) {
	protects := wiring.Guard(cfg, now)
	if protects == nil || f.Sheet == nil {
		return nil
	}
	for _, r := range f.Sheet.Rows {
		if by := protects(r.Key, r.Login, ""); by != nil {
			faults = append(faults, export.Fault{Origin: export.Origin{File: f.Feed.Name, Line: r.Line}, Rule: "protected", Message: by.Why, Owner: by.Owner})
		}
	}
	return faults
}

// readFile reads one file, a little beyond what a part may be, so that too large is reported as such.
func readFile(path string) ([]byte, error) {
	stat, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, export.Hint(fmt.Errorf("%s: there is no such file", path), "check its name")
	case err != nil:
		return nil, unreadable(path, err)
	case stat.IsDir():
		return nil, export.Hint(fmt.Errorf("%s: is a folder", path), "name the files in it, such as %s", filepath.Join(path, "users.csv"))
	}
	const most = 4 * layout.MaxBytes
	data, err := regular.Read(path, most)
	var kind *regular.KindError
	var size *regular.SizeError
	switch {
	case errors.As(err, &kind):
		return nil, export.Hint(fmt.Errorf("%s: %w", path, kind), "write the rows to a file first")
	case errors.As(err, &size):
		return nil, export.Hint(fmt.Errorf("%s: more than %d bytes, and Coupa takes at most %d in one file", path, most, layout.MaxBytes), "split it")
	case err != nil:
		return nil, unreadable(path, err)
	}
	return data, nil
}

func unreadable(path string, err error) error {
	return export.Hint(fmt.Errorf("%s: cannot be read: %w", path, regular.Cause(err)), "give this user the right to read it")
}
