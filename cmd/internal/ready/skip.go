package ready

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

// The endings of the files of a drop that goes without some of its rows.
const (
	restEnding = ".rest.csv" // what is sent
	leftEnding = ".left.csv" // what stays
)

// Left are the rows of a file that stay, since they must not be sent.
type Left struct {
	Name string             // of the file
	Path string             // of the file that holds them, with the header
	Rows []export.RowResult // with the reasons
	data []byte
}

// String returns how many rows stay, and where they are.
func (l Left) String() string {
	if len(l.Rows) == 1 {
		return "1 row, which is in " + l.Path
	}
	return fmt.Sprintf("%d rows, which are in %s", len(l.Rows), l.Path)
}

// split takes the rows with faults out of a file. What is left of the file is sent under another name.
func (f *File) split(found []finding) (Left, []finding, error) {
	left := Left{Name: f.Feed.Name, Path: withEnding(f.Feed.Path, leftEnding)}
	header, lines, err := linesIn(f.Data)
	if err == nil && len(lines) != len(f.Sheet.Rows) {
		err = fmt.Errorf("%d rows, and there were %d", len(lines), len(f.Sheet.Rows))
	}
	if err != nil {
		return left, nil, export.Ours(fmt.Errorf("split %s: %w", f.Feed.Name, err))
	}
	rest := slices.Clone(header)
	left.data = slices.Clone(header)
	sheet := *f.Sheet
	sheet.Rows = nil
	var goes []finding
	for i, r := range f.Sheet.Rows {
		if found[i].faults == nil {
			rest, sheet.Rows, goes = appendLine(rest, lines[i]), append(sheet.Rows, r), append(goes, found[i])
			continue
		}
		left.data = appendLine(left.data, lines[i])
		left.Rows = append(left.Rows, export.RowResult{
			Origin: export.Origin{File: f.Feed.Name, Line: r.Line}, Lines: 1, Key: r.Key, First: r.First, Login: r.Login,
			Outcome: export.Quarantined, Faults: found[i].faults, Kinds: found[i].kinds,
		})
	}
	if f.Sheet = &sheet; left.Rows != nil {
		f.send(restEnding, rest)
	}
	return left, goes, nil
}

// appendLine appends a line, which is the last of its file and has no end perhaps.
func appendLine(to, line []byte) []byte {
	if len(to) > 0 && to[len(to)-1] != '\n' {
		to = append(to, '\n')
	}
	return append(to, line...)
}

// linesIn returns the bytes of the header and of each row of a checked file.
func linesIn(data []byte) (header []byte, rows [][]byte, err error) {
	r := csv.NewReader(bytes.NewReader(data))
	r.ReuseRecord = true
	at := int64(0)
	for at < int64(len(data)) {
		if _, err := r.Read(); err != nil {
			return nil, nil, err
		}
		line := data[at:r.InputOffset()]
		if at = r.InputOffset(); header == nil {
			header = line
			continue
		}
		rows = append(rows, line)
	}
	return header, rows, nil
}
