package disk

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Replace writes a file that only its owner may read (0600), whole or not at all: under a temporary name of the pattern, which is
// renamed when all is written. What was at path before stays until then. write need not buffer.
func Replace(path, pattern string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), pattern) // created with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name()) // the first error is returned
		}
	}()
	w := bufio.NewWriterSize(f, 64<<10)
	if err = write(w); err == nil {
		err = errors.Join(w.Flush(), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
