// Package ready reads and checks files that are Coupa's users CSVs already, as drop sends them.
package ready

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

// File is one checked file.
type File struct {
	Feed  export.FeedFile
	Data  []byte
	Sheet *layout.Ready
}

// Read reads and checks every file. Its error has all faults of all files, and ends with the code for a faulty feed. allowEmpty
// lets cells be empty.
func Read(cfg *config.Config, files []string, allowEmpty bool) ([]File, error) {
	var out []File
	var faults []error
	paths := map[string]string{}
	for _, path := range files {
		data, err := readFile(path)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		sum := sha256.Sum256(data)
		r := File{Data: data, Feed: export.FeedFile{Path: path, Name: filepath.Base(path), Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}}
		if other, ok := paths[r.Feed.SHA256]; ok {
			faults = append(faults, export.Hint(fmt.Errorf("%s: the same bytes as %s", path, other), "name it once"))
		}
		paths[r.Feed.SHA256] = path
		sheet, bad := layout.CheckReady(r.Feed.Name, data, layout.ReadyOptions{
			Custom: cfg.Layout.Custom, CardReason: cfg.Layout.AllowCardData, AllowEmpty: allowEmpty,
			AllowNotify: wiring.MayCreate(cfg, math.MaxInt32),
			MaxRows:     cfg.Layout.MaxRows, MaxBytes: cfg.Layout.MaxBytes,
		})
		for _, f := range bad {
			faults = append(faults, f)
		}
		r.Sheet = sheet
		out = append(out, r)
	}
	if len(faults) > 0 {
		return nil, &exit.Error{Code: export.ExitFeed, Err: errors.Join(append(faults, errors.New("nothing was sent"))...)}
	}
	return out, nil
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
