package ledger

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

// From returns the records as a feed. The indexes of its files start at first.
func (k *Kept) From(first int) export.Feed { return &keptFeed{k, first} }

type keptFeed struct {
	*Kept
	first int
}

func (k *keptFeed) Files() []export.FeedFile {
	files := make([]export.FeedFile, len(k.Sources))
	for i, name := range k.Sources {
		files[i] = export.FeedFile{Path: k.Path, Name: name, Size: k.Size, SHA256: k.SHA256, Kept: k.ID}
	}
	return files
}

func (k *keptFeed) Names() []string { return slices.Clone(k.Sources) }

// keptChunkSize is the least number of bytes in a chunk. Its last line may add up to a record's size.
const keptChunkSize = 256 << 10

// Chunks cuts the file into runs of lines; a chunk has one header.
func (k *keptFeed) Chunks(take func(export.Chunk) error) error {
	f, err := os.Open(k.Path)
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	defer f.Close()
	r := bufio.NewReaderSize(io.LimitReader(f, k.Size), 1<<16)
	var header *export.Header
	var data []byte
	seq := 0
	give := func() error {
		if len(data) == 0 {
			return nil
		}
		c := &keptChunk{seq: seq, header: header, rest: data}
		data = nil
		seq++
		return take(c)
	}
	for {
		line, err := r.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("spool: %w", err)
		}
		if bytes.HasPrefix(line, []byte(`{"file"`)) {
			if err := give(); err != nil {
				return err
			}
			if header, err = k.header(line); err != nil {
				return err
			}
			continue
		}
		data = append(data, line...)
		if len(data) >= keptChunkSize || err != nil {
			if err := give(); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
	}
}

func (k *keptFeed) header(line []byte) (*export.Header, error) {
	var l keptLine
	if err := json.Unmarshal(line, &l); err != nil {
		return nil, fmt.Errorf("spool: %s: %w", k.Path, err)
	}
	for i, name := range k.Sources {
		if name == l.File {
			return &export.Header{File: k.first + i, Fields: l.Fields}, nil
		}
	}
	return nil, fmt.Errorf("spool: %s: a header names the file %s, which the ledger does not have", k.Path, l.File)
}

type keptChunk struct {
	seq    int
	header *export.Header
	rest   []byte
}

func (c *keptChunk) Seq() int { return c.seq }
func (c *keptChunk) Release() {}

func (c *keptChunk) Next(rec *export.Record) bool {
	if len(c.rest) == 0 {
		return false
	}
	line, rest, _ := bytes.Cut(c.rest, []byte{'\n'})
	c.rest = rest
	var l keptLine
	err := json.Unmarshal(line, &l)
	if err == nil && len(l.Values) != len(c.header.Fields) {
		err = fmt.Errorf("%d values for %d fields", len(l.Values), len(c.header.Fields))
	}
	*rec = export.Record{Header: c.header, File: c.header.File, Line: l.Line, Values: l.Values, Kept: true, Day: l.Day}
	if err != nil {
		rec.Fault = &export.Fault{Rule: "kept", Message: "the kept record cannot be read back: " + err.Error()}
		return true
	}
	if len(l.Missing) > 0 {
		rec.Missing = make([]bool, len(l.Values))
		for _, i := range l.Missing {
			if i >= 0 && i < len(rec.Missing) {
				rec.Missing[i] = true
			}
		}
	}
	return true
}
