package terminal

import (
	"strings"

	"github.com/rivo/uniseg"

	"github.com/hr2coupa/hr2coupa/export"
)

const (
	between    = 2  // blanks between two columns
	leastTexts = 24 // a last column is not folded into fewer characters
	leastLines = 20 // nor is any other text on a terminal
	leastFold  = 12 // nor any text in a place of its own there
)

// Table prints aligned columns, each line indented by two. Every cell is plain. A table that is too wide for the terminal is
// folded in its last column. Where that leaves too little of it, the first column, which names the row and may have to be
// copied, gets lines of its own; and where that is not enough, each cell does.
func (t *Text) Table(rows [][]string) { t.TonedTable(rows, -1, nil) }

// TonedTable is Table with the cells of one column in tones, one for each row; 0 is none.
func (t *Text) TonedTable(rows [][]string, column int, tones []Tone) {
	plain := make([][]string, len(rows))
	for i, row := range rows {
		plain[i] = make([]string, len(row))
		for k, cell := range row {
			plain[i][k] = export.Plain(cell)
		}
	}
	t.put(strings.Join(fitted(plain, t.width, func(row, col int, text string) string {
		if col != column || tones[row] == 0 {
			return text
		}
		return toned{tones[row], text}.in(t.colour)
	}), ""))
}

// painter returns a piece of a cell as it is printed: in a colour, perhaps.
type painter func(row, col int, text string) string

// fitted returns the lines of a table for a terminal of that width; 0 for any.
func fitted(rows [][]string, width int, in painter) (lines []string) {
	widths := columnWidths(rows)
	last := len(widths) - 1
	start := between // of the last column
	for _, w := range widths[:max(last, 0)] {
		start += w + between
	}
	switch {
	case width == 0 || last < 0 || start+widths[last] <= width:
		return aligned(rows, widths, 0, in)
	case last == 0 || width-start >= leastTexts:
		return aligned(rows, widths, width-start, in)
	}
	room := width - (start - widths[0])
	if room < min(leastTexts, widths[last]) {
		return listed(rows, width, in)
	}
	rest := make([][]string, len(rows))
	for i, row := range rows {
		rest[i] = append([]string{""}, row[1:]...)
	}
	widths[0] = 0
	for i, line := range aligned(rest, widths, room, in) {
		lines = append(lines, "  "+rows[i][0]+"\n", line)
	}
	return lines
}

// listed returns a line for each cell, those behind the first of their row indented further.
func listed(rows [][]string, width int, in painter) (lines []string) {
	for r, row := range rows {
		for i, cell := range row {
			indent := "    "
			if i == 0 {
				indent = "  "
			}
			if i == 0 && cell == "" { // it goes on with the row before
				continue
			}
			for _, line := range Fold(cell, "", width-len(indent)) {
				lines = append(lines, indent+in(r, i, line)+"\n")
			}
		}
	}
	return lines
}

// columnWidths returns how many places of a terminal the widest cell of each column takes.
func columnWidths(rows [][]string) (widths []int) {
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], uniseg.StringWidth(cell))
		}
	}
	return widths
}

// aligned returns one text for each row. Its last cell is folded into room places; 0 for any.
func aligned(rows [][]string, widths []int, room int, in painter) []string {
	texts := make([]string, len(rows))
	for i, row := range rows {
		var b strings.Builder
		b.WriteString("  ")
		start := between
		for k, cell := range row[:len(row)-1] {
			b.WriteString(in(i, k, cell) + strings.Repeat(" ", widths[k]-uniseg.StringWidth(cell)+between))
			start += widths[k] + between
		}
		last := len(row) - 1
		lines := []string{row[last]}
		if len(row) == len(widths) {
			lines = Fold(lines[0], "", room)
		}
		for k, line := range lines {
			lines[k] = in(i, last, line)
		}
		texts[i] = b.String() + strings.Join(lines, "\n"+strings.Repeat(" ", start)) + "\n"
	}
	return texts
}
