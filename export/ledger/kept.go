package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// A file of kept records is JSON Lines: a line with a header, then its records, then the next header.
type keptLine struct {
	File    string   `json:"file,omitempty"` // with Fields: a header
	Fields  []string `json:"fields,omitempty"`
	Line    int      `json:"line,omitempty"` // with Values: a record
	Values  []string `json:"values,omitempty"`
	Missing []int    `json:"missing,omitempty"` // indexes of the fields the record lacks
	Day     string   `json:"day,omitempty"`     // for which it has waited
}

const keptExt = ".kept.jsonl"

// KeptName returns the name of a file of kept records in the spool.
func KeptName(id int64) string { return strconv.FormatInt(id, 10) + keptExt }

// KeptPath returns where a file of kept records lies.
func (s Spool) KeptPath(id int64) string { return filepath.Join(s.Dir, KeptName(id)) }

// Kept holds the records that the last plan keeps for the next one. It implements KeptFeed.
type Kept struct {
	Run     string          // the run of that plan
	Held    []export.Breach // the limits that hold that run; nil where only people of it wait
	Records int
	Feed    int // records in that run's feed

	// ID numbers these records and their file in the spool. The fields below describe that file.
	ID      int64
	Path    string
	Sources []string // names of the feed files whose records it has
	Size    int64
	SHA256  string
}

// Check compares the file's bytes with their hash.
func (k *Kept) Check() error {
	f, err := os.Open(k.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != k.SHA256 {
		return fmt.Errorf("%s was changed after it was written", k.Path)
	}
	return nil
}

// KeptIDs returns the numbers of the kept files in the spool.
func (s Spool) KeptIDs() ([]int64, error) {
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, e := range entries {
		stem, ok := strings.CutSuffix(e.Name(), keptExt)
		if id, err := strconv.ParseInt(stem, 10, 64); ok && err == nil && id > 0 {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// KeptError reports that a person cannot be forgotten while a run keeps records that hold or name them.
type KeptError struct{ Run string }

// Error returns what is wrong, with the run.
func (e *KeptError) Error() string {
	return fmt.Sprintf("run %s keeps records for the next plan that hold or name this person", e.Run)
}

// Hints returns what to do.
func (e *KeptError) Hints() []string {
	return []string{fmt.Sprintf("let hr2coupa run send them (hr2coupa approve if the run is held), or give them up with hr2coupa settle %s rejected; then forget the person", e.Run)}
}
