package feed

import (
	"bytes"
	"io"
)

// crReader reads a text whose lines end with CR alone, as spreadsheets on a Mac save it, and gives LF for each CR. No byte
// moves, so that positions stay those of the file.
type crReader struct{ r io.Reader }

func (c crReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for rest := p[:n]; ; {
		i := bytes.IndexByte(rest, '\r')
		if i < 0 {
			return n, err
		}
		rest[i] = '\n'
		rest = rest[i+1:]
	}
}

// endsByCR reports whether a text has a CR and no LF. It reads to the first LF, which nearly every file has early.
func endsByCR(r io.Reader) (bool, error) {
	buf := make([]byte, 32<<10)
	for seen := false; ; {
		n, err := r.Read(buf)
		if bytes.IndexByte(buf[:n], '\n') >= 0 {
			return false, nil
		}
		seen = seen || bytes.IndexByte(buf[:n], '\r') >= 0
		if err == io.EOF {
			return seen, nil
		}
		if err != nil {
			return false, err
		}
	}
}
