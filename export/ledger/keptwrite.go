package ledger

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	stdhash "hash"
	"io/fs"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// KeptWriter writes the kept records of one plan.
type KeptWriter struct {
	spool  Spool
	kept   Kept
	f      File
	w      *bufio.Writer
	sum    stdhash.Hash
	header *export.Header
	file   string
}

// NewKept begins the file of a plan. An existing file of that name is an orphan of a plan that was never committed.
func (s Spool) NewKept(id int64, run string) (*KeptWriter, error) {
	path := s.KeptPath(id)
	if err := s.Disk.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := s.Disk.Create(path)
	if err != nil {
		return nil, err
	}
	return &KeptWriter{
		spool: s, kept: Kept{Run: run, ID: id, Path: path}, f: f, w: bufio.NewWriterSize(f, 1<<16), sum: sha256.New(),
	}, nil
}

// KeptFile returns the name for a record's file from this plan on. It differs from the feed file's name, since
// tonight's file often has the same name as last night's.
func KeptFile(r *export.KeptRecord, run string) string {
	if r.Again {
		return r.Origin.File
	}
	return r.Origin.File + "@" + run
}

// HomeOf splits the name of a kept file into the name of the feed file and the run that read it.
func HomeOf(name string) (file, run string) {
	i := strings.LastIndexByte(name, '@')
	if i < 0 {
		return name, ""
	}
	return name[:i], name[i+1:]
}

// Add writes one record.
func (k *KeptWriter) Add(r export.KeptRecord) error {
	file := KeptFile(&r, k.kept.Run)
	if r.Header != k.header || file != k.file {
		k.header, k.file = r.Header, file
		k.note(file)
		if err := k.line(keptLine{File: file, Fields: r.Header.Fields}); err != nil {
			return err
		}
	}
	l := keptLine{Line: r.Origin.Line, Values: r.Values, Day: r.Day}
	for i, missing := range r.Missing {
		if missing {
			l.Missing = append(l.Missing, i)
		}
	}
	k.kept.Records++
	return k.line(l)
}

func (k *KeptWriter) note(file string) {
	for _, f := range k.kept.Sources {
		if f == file {
			return
		}
	}
	k.kept.Sources = append(k.kept.Sources, file)
}

func (k *KeptWriter) line(l keptLine) error {
	data, err := json.Marshal(l)
	if err != nil {
		return err
	}
	data = append(data, '\n')
	k.sum.Write(data)
	k.kept.Size += int64(len(data))
	_, err = k.w.Write(data)
	return err
}

// Finish returns the complete file. The caller has to sync and close it.
func (k *KeptWriter) Finish() (File, error) {
	k.kept.SHA256 = hex.EncodeToString(k.sum.Sum(nil))
	return k.f, k.w.Flush()
}

// Kept describes what was written. It is valid after Finish.
func (k *KeptWriter) Kept() Kept { return k.kept }

// Drop removes the file.
func (k *KeptWriter) Drop() error {
	_ = k.f.Close() // the file is removed anyway; it may be closed already
	return k.spool.RemoveFiles([]string{KeptName(k.kept.ID)})
}
