package dbfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// HeaderError is a claim in the header of a database that its tables contradict.
type HeaderError string

func (e HeaderError) Error() string { return string(e) }

// complete reports whether the database has exactly the tables of this program's version, whatever its header says.
func complete(c *sqlite.Conn) (bool, error) {
	has, err := layoutOf(c)
	if err != nil || has == "" { // a new database has no tables
		return false, err
	}
	empty, err := sqlite.OpenConn(":memory:", sqlite.OpenReadWrite)
	if err != nil {
		return false, err
	}
	err = Apply(empty, Schema())
	want := ""
	if err == nil {
		want, err = layoutOf(empty)
	}
	return has == want, errors.Join(err, empty.Close())
}

func layoutOf(c *sqlite.Conn) (string, error) {
	var b strings.Builder
	err := sqlitex.ExecuteTransient(c, "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name", &sqlitex.ExecOptions{ResultFunc: func(s *sqlite.Stmt) error {
		fmt.Fprintln(&b, s.ColumnText(0), s.ColumnText(1), s.ColumnText(2))
		return nil
	}})
	return b.String(), err
}

// CheckHeader compares the first bytes of the file with those of every database of ours. SQLite reads some of them only when
// it needs them, which may be after something was sent, and takes a file of a few bytes for a new one. An empty file is
// a new one, unless the spool holds the bytes of parts: opening it would remove them.
func CheckHeader(path, spool string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	head := make([]byte, 100)
	n, err := io.ReadFull(f, head)
	err = errors.Join(f.Close(), ignore(err, io.EOF, io.ErrUnexpectedEOF))
	if err != nil || n == len(head) {
		return errors.Join(err, fields(head))
	}
	if n > 0 {
		return HeaderError(fmt.Sprintf("it is cut off at %d bytes", n))
	}
	files, err := os.ReadDir(spool)
	if err == nil && len(files) > 0 {
		return HeaderError("it is empty, and " + spool + " is not")
	}
	return ignore(err, fs.ErrNotExist)
}

func ignore(err error, these ...error) error {
	for _, e := range these {
		if errors.Is(err, e) {
			return nil
		}
	}
	return err
}

// fields knows the fields by their offsets in SQLite's file format. It checks only fields that no version of this
// program changes.
func fields(head []byte) error {
	fixed := []struct {
		at   int
		want string
		what string
	}{
		{0, "SQLite format 3\x00", "it is not an SQLite database"},
		{20, "\x00\x40\x20\x20", "its header has other page fractions"},
		{44, "\x00\x00\x00\x04", "its header has another schema format"},
		{52, "\x00\x00\x00\x00", "its header has a vacuum mode"},
		{56, "\x00\x00\x00\x01", "its header has another text encoding"},
		{64, "\x00\x00\x00\x00", "its header has a vacuum mode"},
		{72, strings.Repeat("\x00", 20), "its header has bytes where none are"},
	}
	for _, f := range fixed {
		has := string(head[f.at : f.at+len(f.want)])
		unset := strings.Trim(has, "\x00") == "" && f.at > 20 // while its value is only in the write-ahead log
		if has != f.want && !unset {
			return HeaderError(f.what)
		}
	}
	if head[18] != head[19] {
		return HeaderError("its header contradicts itself about how it is written")
	}
	first, free := binary.BigEndian.Uint32(head[32:]), binary.BigEndian.Uint32(head[36:])
	if (first == 0) != (free == 0) {
		return HeaderError("its header contradicts itself about free pages")
	}
	return nil
}
