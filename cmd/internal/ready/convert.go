package ready

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/disk"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/regular"
	"github.com/hr2coupa/hr2coupa/export/spreadsheet"
)

// converted is the ending of a file that holds what is sent of a converted one.
const converted = ".converted.csv"

// convert turns what a spreadsheet has written into what Coupa takes.
func (f *File) convert(cfg *config.Config) []export.Fault {
	data, changes, err := spreadsheet.Convert(f.Data, func(header string) bool {
		_, known := layout.Lookup(header)
		return known || slices.Contains(cfg.Layout.Custom, header)
	})
	if bad, ok := errors.AsType[*spreadsheet.FaultError](err); ok {
		return []export.Fault{{Origin: export.Origin{File: f.Feed.Name, Line: bad.Line}, Rule: "convert", Message: bad.Message, Hint: bad.Hint}}
	}
	if f.Changes = changes; len(changes) > 0 {
		f.send(converted, data)
	}
	return nil
}

// send makes other bytes those that are sent of a file, under its name with another ending.
func (f *File) send(ending string, data []byte) {
	f.Data, f.Sent = data, described(withEnding(f.Feed.Path, ending), data)
}

// described describes bytes as the file that holds them.
func described(path string, data []byte) export.FeedFile {
	sum := sha256.Sum256(data)
	return export.FeedFile{Path: path, Name: filepath.Base(path), Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}
}

// withEnding returns a path with another ending, in the same folder.
func withEnding(path, ending string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + ending
}

// extra is a file that a drop writes beside one of its own.
type extra struct {
	path string
	data []byte
}

// extras returns the files that are to be written beside those of a drop: what is sent of each, where that is not the file
// itself, and what stays.
func (j *Judged) extras() (out []extra) {
	for _, f := range j.Files {
		if f.Sent != f.Feed {
			out = append(out, extra{f.Sent.Path, f.Data})
		}
	}
	for _, l := range j.Left {
		out = append(out, extra{l.Path, l.data})
	}
	return out
}

// there reports whether the file is there already, as it would be written. Another one of its name is an error.
func (x extra) there() (bool, error) {
	held, err := regular.Read(x.path, int64(len(x.data)))
	var size *regular.SizeError
	switch {
	case err == nil && bytes.Equal(held, x.data):
		return true, nil
	case err == nil || errors.As(err, &size):
		return false, export.Hint(fmt.Errorf("%s: is there already, and holds something else", x.path), "move it away, or remove it")
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	}
	return false, fmt.Errorf("%s: cannot be read: %w", x.path, regular.Cause(err))
}

// write writes the file, for this user's eyes only.
func (x extra) write() error {
	there, err := x.there()
	if err != nil || there {
		return err
	}
	err = disk.Replace(x.path, ".hr2coupa-*.tmp", func(w io.Writer) error { _, err := w.Write(x.data); return err })
	if err != nil {
		return export.Hint(fmt.Errorf("%s: cannot be written: %w", x.path, regular.Cause(err)), "copy the file into a folder of this user")
	}
	return nil
}

// unwritable returns the extra files that cannot be written, since others of their names are there.
func unwritable(j *Judged) (faults []error) {
	for _, x := range j.extras() {
		if _, err := x.there(); err != nil {
			faults = append(faults, err)
		}
	}
	return faults
}

// Keep writes what a drop keeps beside its files, before anything is sent.
func (j *Judged) Keep() error {
	for _, x := range j.extras() {
		if err := x.write(); err != nil {
			return stopped(export.ExitFeed, []error{err})
		}
	}
	return nil
}
