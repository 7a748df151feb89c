// Package regular opens the files that a person or a config names. It opens only regular files, also through links, and
// reads no more of them than a limit. To open a named pipe or a device may wait forever, and so may reading one to its
// end.
package regular

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// KindError is the error for a path that is no regular file. It comes wrapped in an [fs.PathError].
type KindError struct{ Mode fs.FileMode }

// Error returns what the path is instead.
func (e *KindError) Error() string { return "it is " + kindOf(e.Mode) + ", not a regular file" }

func kindOf(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "something else"
}

// SizeError is the error for a file with more bytes than the limit.
type SizeError struct{ Limit int64 }

// Error returns a text with the limit.
func (e *SizeError) Error() string {
	if e.Limit >= 1<<20 && e.Limit%(1<<20) == 0 {
		return fmt.Sprintf("it is larger than %d MB", e.Limit>>20)
	}
	return fmt.Sprintf("it is larger than %d bytes", e.Limit)
}

// Cause returns the system's error without the path, for a message that names the file itself.
func Cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}

// Open opens a regular file for reading.
func Open(path string) (*os.File, error) { return OpenFile(path, os.O_RDONLY, 0) }

// OpenFile is [os.OpenFile] for a regular file, or for a new one with os.O_CREATE. It checks the path before opening,
// since opening a device may have an effect, and again after opening, since the file may have been replaced meanwhile.
func OpenFile(path string, flag int, perm fs.FileMode) (*os.File, error) {
	info, err := os.Stat(path)
	if create := flag&os.O_CREATE != 0; create && errors.Is(err, fs.ErrNotExist) {
		info, err = nil, nil
	}
	if err == nil && info != nil {
		err = check(path, info)
	}
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, flag|atOnce, perm)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil {
		err = check(path, info)
	}
	if err != nil {
		f.Close() // nothing was read or written
		return nil, err
	}
	return f, nil
}

func check(path string, info fs.FileInfo) error {
	if info.Mode().IsRegular() {
		return nil
	}
	return &fs.PathError{Op: "open", Path: path, Err: &KindError{info.Mode()}}
}

// Read returns the bytes of a regular file. A file with more than limit bytes is a [SizeError].
func Read(path string, limit int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read from
	return All(f, path, limit)
}

// Sum reads a regular file to its end and returns its size and its SHA-256 in lower-case hex.
func Sum(path string) (size int64, hash string, err error) {
	f, err := Open(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close() // only read from
	h := sha256.New()
	size, err = io.Copy(h, f)
	return size, hex.EncodeToString(h.Sum(nil)), err
}

// All reads an open file like Read; path is for errors. It does not rely on the file's size, since the file may grow
// meanwhile and files of the system have no size.
func All(r io.Reader, path string, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, &fs.PathError{Op: "read", Path: path, Err: &SizeError{limit}}
	}
	return data, nil
}

// Folder is [os.DirFS] restricted to regular files of up to limit bytes.
func Folder(dir string, limit int64) fs.FS { return folder{os.DirFS(dir), dir, limit} }

type folder struct {
	fs.FS
	dir   string
	limit int64
}

// ReadFile reads a regular file up to the limit, so that fs.ReadFile does too.
func (f folder) ReadFile(name string) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return Read(filepath.Join(f.dir, filepath.FromSlash(name)), f.limit)
}

// Open opens folders and regular files.
func (f folder) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	path := filepath.Join(f.dir, filepath.FromSlash(name))
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return f.FS.Open(name)
	}
	file, err := Open(path)
	if err != nil {
		return nil, err
	}
	return file, nil
}
