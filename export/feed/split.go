package feed

import (
	"bytes"

	"github.com/hr2coupa/hr2coupa/export"
)

var (
	quote   = []byte{'"'}
	newline = []byte{'\n'}
)

// splitter reads one file once and cuts it into chunks of whole records.
//
// Finding where a record ends must be much cheaper than cutting it into fields, since it runs on one core. A line with
// an even number of quotes always ends a record: an open field needs an odd number, and a broken quote ends its record
// at the line's end too. Only a line with an odd number is examined closely.
type splitter struct {
	records int // records handed out so far, of all files
	most    int // Options.MaxRecords; 0 is no ceiling

	src   *source
	in    *stream
	pool  *pool
	sizes sizes
	take  func(export.Chunk) error
	seq   int // number of the next chunk

	blk  *block
	n    int  // bytes in blk
	eof  bool // blk holds the last of the file
	at   int  // where the next record begins
	end  bool // nothing more is to be read
	any  bool // the file has a record
	lost bool // the rest of the file cannot be read
	open bool // the last line of the file holds a record and has no line end

	line    int     // physical line at at
	from    int     // where the chunk being gathered begins
	first   int     // physical line at from
	rows    int     // records in it
	plain   []int32 // length of each record that is a line without quotes; 0 for the others
	settled []settled
}

// settled is a record with a fault that was found while looking for its end; the chunk passes it on.
type settled struct {
	off, size int // position in the chunk's bytes; size is 0 where they were not stored
	fault     *export.Fault
	lost      bool
}

func (s *splitter) run() error {
	s.blk = s.pool.get()
	defer func() { s.blk.release() }()
	s.line, s.first = s.src.line, s.src.line
	var err error
	if s.n, s.eof, err = s.in.fill(s.blk.b); err != nil {
		return err
	}
	for !s.end && err == nil {
		err = s.next()
	}
	if err != nil {
		return err
	}
	s.remember()
	return s.flush()
}

// remember records how the file's last line ended, unless the file has no records.
func (s *splitter) remember() {
	switch {
	case s.open:
		s.src.lineEnd.Store(export.LineOpen)
	case s.any && !s.lost:
		s.src.lineEnd.Store(export.LineEnded)
	}
}

// next finds the end of one record, or reads more.
func (s *splitter) next() error {
	b := s.blk.b[s.at:s.n]
	k := bytes.IndexByte(b, '\n')
	if k < 0 {
		return s.unended(b)
	}
	if k >= s.sizes.record {
		return s.tooLong(b[:k+1])
	}
	if s.src.json {
		return s.add(k+1, 1)
	}
	switch quotes := bytes.Count(b[:k], quote); {
	case quotes == 0:
		return s.addPlain(k + 1)
	case quotes&1 == 0:
		return s.add(k+1, 1)
	}
	return s.odd(b)
}

// unended handles a line that does not end in the block.
func (s *splitter) unended(b []byte) error {
	switch {
	case len(b) > s.sizes.record:
		return s.skipLine()
	case !s.eof:
		return s.refill()
	case len(b) == 0:
		s.end = true
		return nil
	}
	s.open = len(bytes.TrimSpace(b)) > 0
	switch {
	case !s.src.json && bytes.IndexByte(b, '"') < 0:
		return s.addPlain(len(b))
	case s.src.json || bytes.Count(b, quote)&1 == 0:
		return s.add(len(b), 1)
	}
	return s.odd(b)
}

// odd examines a record with an odd number of quotes in its first line: either a quoted field goes on after the line,
// or a quote is broken. When it breaks on a later line, only the first line is a fault, and the lines after it are
// examined again: most likely they are good records after a quote that was not closed. Nothing is examined more than
// twice: where this record goes on, the same line taken alone cannot be open at its end.
func (s *splitter) odd(b []byte) error {
	w := b[:min(len(b), s.sizes.record)]
	size, end := scanRecord(w, s.src.delim)
	switch {
	case end == byLine:
		return s.add(size, bytes.Count(w[:size], newline))
	case end == broken:
		return s.settle(firstLine(b), s.src.fault(s.line, ruleQuote, sayQuote), false)
	case len(w) == len(b) && !s.eof:
		return s.refill()
	case len(w) == len(b) && end == byData:
		s.open = true
		return s.add(size, bytes.Count(w, newline)+1)
	case end == byData:
		return s.settle(firstLine(b), s.longFault(true), true)
	}
	return s.settle(firstLine(b), s.src.fault(s.line, ruleUnclosed, sayUnclosed), true)
}

// tooLong makes a fault of a line that is complete in the block.
func (s *splitter) tooLong(line []byte) error {
	lost := !s.src.json && bytes.Count(line, quote)&1 == 1
	return s.settle(len(line), s.longFault(lost), lost)
}

// skipLine skips a line that is too long for a record.
func (s *splitter) skipLine() error {
	quotes := 0
	for {
		b := s.blk.b[s.at:s.n]
		k := firstLine(b)
		quotes += bytes.Count(b[:k], quote)
		ended := bytes.HasSuffix(b[:k], newline)
		if err := s.flush(); err != nil {
			return err
		}
		s.at += k
		s.from = s.at
		if ended || s.eof {
			s.open = !ended
			break
		}
		if err := s.refill(); err != nil {
			return err
		}
	}
	lost := !s.src.json && quotes&1 == 1
	return s.settle(0, s.longFault(lost), lost)
}

func (s *splitter) longFault(lost bool) *export.Fault {
	if lost {
		return s.src.fault(s.line, ruleTooLong, sayTooLongOpen)
	}
	return s.src.fault(s.line, ruleTooLong, sayTooLong)
}

// settle adds a record with a known fault to the chunk.
func (s *splitter) settle(size int, f *export.Fault, lost bool) error {
	s.settled = append(s.settled, settled{off: s.at - s.from, size: size, fault: f, lost: lost})
	s.end, s.lost = lost, lost
	return s.count(size, 1, 0)
}

// add adds the next size bytes to the chunk; a blank line is no record.
func (s *splitter) add(size, lines int) error {
	if size <= len("\r\n") && blank(s.blk.b[s.at:s.at+size]) {
		s.at, s.line = s.at+size, s.line+lines
		return nil
	}
	return s.count(size, lines, 0)
}

// addPlain is add for a line without quotes.
func (s *splitter) addPlain(size int) error {
	if size <= len("\r\n") {
		return s.add(size, 1)
	}
	return s.count(size, 1, size)
}

func (s *splitter) count(size, lines, plain int) error {
	s.at += size
	s.line += lines
	s.any = true
	s.plain = append(s.plain, int32(plain))
	if s.rows++; s.rows >= s.sizes.rows {
		return s.flush()
	}
	return nil
}

// flush hands out the gathered records.
func (s *splitter) flush() error {
	rows, from, line := s.rows, s.from, s.first
	s.rows, s.from, s.first = 0, s.at, s.line
	if rows == 0 {
		return nil
	}
	if s.records += rows; s.most > 0 && s.records > s.most {
		return unusable(s.src.Name, 0, "the feed has more than the %d records that feed.max_records allows", s.most).WithHint(seeOrRaise)
	}
	plain := s.plain
	s.plain = make([]int32, 0, rows)
	s.blk.hold()
	c := chunk{src: s.src, blk: s.blk, buf: s.blk.b[from:s.at:s.at], seq: s.seq, line: line, settled: s.settled, open: s.open}
	s.settled = nil
	s.seq++
	if s.src.json {
		return s.take(&jsonChunk{chunk: c})
	}
	return s.take(&csvChunk{chunk: c, lines: plain, delim: splat(s.src.delim)})
}

// refill hands out the gathered records and goes on in a new block that begins with the unfinished record.
func (s *splitter) refill() error {
	if err := s.flush(); err != nil {
		return err
	}
	old := s.blk
	s.blk = s.pool.get()
	kept := copy(s.blk.b, old.b[s.at:s.n])
	old.release()
	s.at, s.from = 0, 0
	n, eof, err := s.in.fill(s.blk.b[kept:])
	s.n, s.eof = kept+n, eof
	return err
}
