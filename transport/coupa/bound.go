package coupa

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// These limits bound what one answer may hold. The workers read several answers at a time, and a far end may be
// hostile. An answer of Coupa about a part of 5,000 rows or about fifty users reaches none of them. All of them
// together stay far below 200 MB.
const (
	maxBody   = 32 << 20  // bytes, after decompression; they are read as a stream
	headBody  = 64 << 10  // bytes of the body that are kept unread: all of most answers, and enough of an error
	maxHeader = 256 << 10 // bytes of its header
	maxToken  = 256 << 10 // bytes of one value, name or tag of XML or JSON
	maxDepth  = 40        // elements nested in each other
	maxNodes  = 50_000    // elements of one user or of one load, its errors apart
	maxUsers  = 500       // ten times what is asked for
	maxUser   = 256 << 10 // bytes that are kept of one user
	maxFound  = 2 << 20   // bytes that are kept of all users in one answer
	maxLoads  = 500       // ten times what is asked for
	maxErrors = 50_000    // of all loads in one answer: ten for each row of the largest part
	maxErrtxt = 8 << 20   // bytes of these errors
	maxSaid   = 20        // texts of one refusal
	maxWords  = 2000      // bytes of each text

	keptValue = 64 // bytes that a kept text takes in addition to its letters
)

// excess is the error of an answer that holds more than an answer of Coupa ever does. Asking again would not help.
type excess string

func (e excess) Error() string { return "the answer is refused: " + string(e) }

func tooMuch(format string, args ...any) error { return excess(fmt.Sprintf(format, args...)) }

// unreadable returns the error for an answer that could not be read; why says what it is instead.
func unreadable(a *answer, why string, err error) *Error {
	e := &Error{Op: a.op(), Status: a.status, Err: err}
	if much, ok := errors.AsType[excess](err); ok {
		e.Msg = much.Error()
		return e
	}
	// The decoder's text may quote the answer, so it stays out of ours.
	e.Msg, e.hope = "the answer cannot be read: "+why, garbled
	return e
}

// stream reads the bytes of an answer and remembers what cut it short.
type stream struct {
	from io.Reader
	left int64 // bytes it may still return
	lost error // the error of the connection
	long bool  // it has more bytes than the limit
}

func (s *stream) Read(p []byte) (int, error) {
	if s.long {
		return 0, errLong
	}
	if int64(len(p)) > s.left+1 {
		p = p[:s.left+1]
	}
	n, err := s.from.Read(p)
	if int64(n) > s.left {
		n, s.long, err = int(s.left), true, errLong
	}
	s.left -= int64(n)
	if err != nil && err != io.EOF && !s.long {
		s.lost = err
	}
	return n, err
}

var errLong = errors.New("larger than any answer may be")

// steps returns at most maxToken bytes from one step to the next: decoders keep a whole value in memory.
type steps struct {
	from io.Reader
	left int
}

// next begins a step.
func (s *steps) next() { s.left = maxToken }

func (s *steps) Read(p []byte) (int, error) {
	if s.left <= 0 {
		return 0, tooMuch("a value in it is longer than %d KB", maxToken>>10)
	}
	n, err := s.from.Read(p[:min(len(p), s.left)])
	s.left -= n
	return n, err
}

// firstFew cuts the texts of a refusal to a length that people read.
func firstFew(texts []string) []string {
	if len(texts) > maxSaid {
		texts = append(texts[:maxSaid:maxSaid], fmt.Sprintf("(%d more)", len(texts)-maxSaid))
	}
	for i, text := range texts {
		if len(text) > maxWords {
			texts[i] = strings.ToValidUTF8(text[:maxWords], "") + "..."
		}
	}
	return texts
}
