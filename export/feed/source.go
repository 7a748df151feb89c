package feed

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

// source is one file of a feed, with what Open found out about it.
type source struct {
	export.FeedFile
	stat   os.FileInfo            // as it was when Open found it
	hash   func() (string, error) // hash of the bytes on disk, computed once at the first call
	header *export.Header
	index  map[string]int // indexes of the header's fields
	json   bool
	tabs   bool // .tsv
	gzip   bool

	maxBytes int64        // unpacked bytes that this file may still have of the feed's ceiling; 0 is no ceiling
	unpacked atomic.Int64 // bytes read of it in the last pass

	lineEnd atomic.Value // export.LineEnd, set once a pass has reached the end

	text  decoding
	delim byte // of CSV
	skip  int  // decoded bytes before the first record
	line  int  // physical line of the first record
}

// stream is a file being read: decoded text, without byte order mark.
type stream struct {
	io.Reader
	src *source
}

var (
	gzipMagic = []byte{0x1f, 0x8b}
	zipMagic  = []byte("PK\x03\x04") // of .xlsx, too
)

func newSource(i int, path string, o Options, z sizes) (*source, error) {
	s := &source{FeedFile: export.FeedFile{Path: path, Name: filepath.Base(path)}, line: 1, maxBytes: o.MaxBytes}
	for _, step := range []func() error{s.checkKind, s.chooseFormat, s.remember, s.chooseGzip} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if err := s.chooseText(o.Encoding); err != nil {
		return nil, err
	}
	if err := s.chooseLineEnd(); err != nil {
		return nil, err
	}
	h, err := s.readHeader(o, z)
	if err != nil {
		return nil, err
	}
	// Hashing takes a tenth of the time of planning, and a hash is rarely needed before the first pass has ended.
	s.hash = sync.OnceValues(s.digest)
	if o.Unhashed {
		s.hash = func() (string, error) { return "", nil }
	} else {
		export.Async(func() error { s.hash(); return nil }) // a caller that asks for the hash gets the error
	}
	s.header = &export.Header{File: i, Fields: h}
	s.index = make(map[string]int, len(h))
	for i, name := range h {
		s.index[name] = i
	}
	return s, nil
}

// checkKind runs before the file is opened: opening a pipe would wait for its writer.
func (s *source) checkKind() error {
	stat, err := os.Stat(s.Path)
	switch {
	case err != nil:
		return unusable(s.Name, 0, "its status cannot be read: %s", regular.Cause(err)).WithHint(giveRight)
	case stat.IsDir():
		return unusable(s.Name, 0, "is a folder").WithHint("name the files in it, such as %s", filepath.Join(s.Path, "*.csv"))
	case !stat.Mode().IsRegular():
		return unusable(s.Name, 0, "is not a regular file").WithHint("write the feed to a file first: it is read more than once")
	}
	return nil
}

// chooseFormat sets the format by the file's ending, or by the one before .gz.
func (s *source) chooseFormat() error {
	name := strings.TrimSuffix(strings.ToLower(s.Name), ".gz")
	switch filepath.Ext(name) {
	case ".csv", ".txt":
	case ".tsv":
		s.tabs = true
	case ".jsonl", ".ndjson":
		s.json = true
	default:
		return unusable(s.Name, 0, "its ending is unknown").WithHint("name it .csv, .tsv, .txt, .jsonl or .ndjson, with .gz after it if it is gzipped")
	}
	return nil
}

// remember records the file's size and state, with which every later pass compares it.
func (s *source) remember() error {
	return s.withFile(func(f *os.File) (err error) {
		if s.stat, err = f.Stat(); err != nil {
			return s.broken(err)
		}
		s.Size = s.stat.Size()
		return nil
	})
}

// digest returns the hash of the bytes on disk.
func (s *source) digest() (sum string, err error) {
	err = s.withFile(func(f *os.File) error {
		if err := s.unchanged(f); err != nil {
			return err
		}
		h := sha256.New()
		n, err := io.CopyBuffer(h, onlyReader{f}, make([]byte, 256<<10))
		if err != nil {
			return s.broken(err)
		}
		if n != s.Size {
			return s.changed()
		}
		sum = hex.EncodeToString(h.Sum(nil))
		return s.unchanged(f)
	})
	if err != nil {
		return "", err
	}
	return sum, nil
}

// onlyReader hides WriteTo, which would ignore the buffer.
type onlyReader struct{ io.Reader }

// chooseGzip decides by the first bytes whether a file is gzipped: gzipped files may lack the ending .gz.
func (s *source) chooseGzip() error {
	return s.withFile(func(f *os.File) error {
		head, err := peek(f, len(gzipMagic))
		if err != nil {
			return s.broken(err)
		}
		s.gzip = bytes.Equal(head, gzipMagic)
		if !s.gzip && len(head) > 0 && strings.HasSuffix(strings.ToLower(s.Name), ".gz") {
			return unusable(s.Name, 0, "is named .gz but holds no gzip data").WithHint("name it by what it is")
		}
		return nil
	})
}

// chooseText sets the decoding by the byte order mark, else by the content of the whole file.
func (s *source) chooseText(configured string) error {
	marked, workbook := false, false
	err := s.withRaw(func(r io.Reader) error {
		head, err := peek(r, len(zipMagic))
		if err != nil {
			return err
		}
		workbook = bytes.Equal(head, zipMagic)
		s.text, marked = markOf(head)
		return nil
	})
	if workbook {
		return unusable(s.Name, 0, "is an Excel workbook, whatever its name says").WithHint("save it as CSV UTF-8")
	}
	if err != nil || marked {
		return err
	}
	return s.withRaw(func(r io.Reader) (err error) {
		s.text, err = chooseText(r, configured)
		return err
	})
}

// chooseLineEnd finds out by what the file's lines end, once its encoding is known.
func (s *source) chooseLineEnd() error {
	return s.withRaw(func(r io.Reader) (err error) {
		s.text.cr, err = endsByCR(s.text.decode(r))
		return err
	})
}

// withRaw reads the file's bytes, unzipped but not decoded.
func (s *source) withRaw(use func(io.Reader) error) error {
	return s.withFile(func(f *os.File) error {
		r, err := s.raw(f)
		if err != nil {
			return err
		}
		if err := use(r); err != nil {
			return s.broken(err)
		}
		return nil
	})
}

// peek reads at most n bytes; fewer at the end of the file.
func peek(r io.Reader, n int) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, int64(n)))
}

// tooLargeError is the error of a file that exceeds the feed's ceiling of bytes.
type tooLargeError struct{ most int64 }

func (e *tooLargeError) Error() string {
	return fmt.Sprintf("the feed has more bytes than feed.max_bytes allows (%d are left to this file)", e.most)
}

// ceiling reads a file up to a number of bytes, and returns an error beyond it.
type ceiling struct {
	r          io.Reader
	left, most int64
	n          *atomic.Int64 // bytes read in the last pass
}

func (c *ceiling) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.left -= int64(n)
	c.n.Store(c.most - c.left)
	if c.left < 0 {
		return 0, &tooLargeError{c.most}
	}
	return n, err
}

// raw returns the file's bytes, unzipped but not decoded, up to the feed's ceiling.
func (s *source) raw(f *os.File) (io.Reader, error) {
	r, err := s.unzipped(f)
	if err != nil || s.maxBytes == 0 {
		return r, err
	}
	return &ceiling{r: r, left: s.maxBytes, most: s.maxBytes, n: &s.unpacked}, nil
}

func (s *source) unzipped(f *os.File) (io.Reader, error) {
	if !s.gzip {
		return f, nil
	}
	z, err := gzip.NewReader(bufio.NewReaderSize(f, 256<<10))
	if err != nil {
		return nil, s.broken(err)
	}
	return z, nil
}

// read makes one pass: it opens the file, calls use with the text after the header, and returns an error if the file
// changed meanwhile. An error of use is returned unchanged.
func (s *source) read(use func(*stream) error) error {
	return s.withFile(func(f *os.File) error {
		if err := s.unchanged(f); err != nil {
			return err
		}
		r, err := s.decoded(f)
		if err != nil {
			return err
		}
		if _, err := io.CopyN(io.Discard, r, int64(s.skip)); err != nil {
			return s.broken(err)
		}
		if err := use(&stream{Reader: r, src: s}); err != nil {
			return err
		}
		return s.unchanged(f)
	})
}

// decoded returns the file's text as UTF-8, without byte order mark.
func (s *source) decoded(f *os.File) (io.Reader, error) {
	r, err := s.raw(f)
	if err != nil {
		return nil, err
	}
	if _, err := io.CopyN(io.Discard, r, int64(s.text.bom)); err != nil {
		return nil, s.broken(err)
	}
	return s.text.decode(r), nil
}

func (s *source) withFile(use func(*os.File) error) error {
	f, err := regular.Open(s.Path)
	if err != nil {
		return unusable(s.Name, 0, "cannot be opened: %s", regular.Cause(err)).WithHint(giveRight)
	}
	defer f.Close() // only read from
	return use(f)
}

// unchanged compares the open file with the one that Open saw. Name, size and time are cheap to compare and catch what
// happens in practice: an upload still going on, or a newer delivery under the same name.
func (s *source) unchanged(f *os.File) error {
	now, err := f.Stat()
	if err != nil {
		return s.broken(err)
	}
	if !os.SameFile(now, s.stat) || now.Size() != s.stat.Size() || !now.ModTime().Equal(s.stat.ModTime()) {
		return s.changed()
	}
	return nil
}

func (s *source) changed() error {
	return unusable(s.Name, 0, "changed while being read").WithHint("wait until its delivery is complete (HR should write to a temporary name and rename), then run again")
}

// broken returns the error for bytes that could not be read.
func (s *source) broken(err error) error {
	var pe *os.PathError
	var large *tooLargeError
	switch {
	case errors.As(err, &large):
		return unusable(s.Name, 0, "%v", large).WithHint(seeOrRaise)
	case errors.As(err, &pe) || !s.gzip:
		return unusable(s.Name, 0, "cannot be read: %s", regular.Cause(err))
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return unusable(s.Name, 0, "its gzip data are cut off").WithHint("deliver the file again")
	}
	return unusable(s.Name, 0, "its gzip data are broken (%v)", err).WithHint("deliver the file again")
}

// fill reads until b is full or the text ends, so that the same file is always cut into the same chunks.
func (st *stream) fill(b []byte) (n int, eof bool, err error) {
	for n < len(b) {
		m, err := st.Read(b[n:])
		n += m
		if err == io.EOF { //nolint:errorlint // a reader's own word, and not that of a decoder which was cut off
			return n, true, nil
		}
		if err != nil {
			return n, false, st.src.broken(err)
		}
	}
	return n, false, nil
}
