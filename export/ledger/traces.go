package ledger

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Traces are the texts that stand for one person, folded.
type Traces struct{ texts [][]byte }

// Add adds a text in every spelling, unless it is empty or was added before.
func (t *Traces) Add(text string) {
	for _, spelled := range spellings(text) {
		if len(spelled) > 0 && !slices.ContainsFunc(t.texts, func(has []byte) bool { return bytes.Equal(has, spelled) }) {
			t.texts = append(t.texts, spelled)
		}
	}
}

// spellings returns the forms, folded, in which a text may stand in a file of the spool: as it is, in a CSV cell, in
// JSON.
func spellings(text string) [][]byte {
	var quoted bytes.Buffer
	e := json.NewEncoder(&quoted)
	e.SetEscapeHTML(false) // as the parts of the API route are written
	e.Encode(text)         // a text into memory
	inJSON := quoted.Bytes()[1 : quoted.Len()-len("\"\n")]
	return [][]byte{fold([]byte(text)), fold([]byte(strings.ReplaceAll(text, `"`, `""`))), fold(inJSON)}
}

func fold(text []byte) []byte { return bytes.ToLower(bytes.ToUpper(text)) }

// In reports whether one of the texts stands in data by itself, whatever its case: as a cell, or as a word of
// a message.
func (t Traces) In(data []byte) bool {
	data = fold(data)
	return slices.ContainsFunc(t.texts, func(text []byte) bool {
		for at := 0; ; {
			i := bytes.Index(data[at:], text)
			if i < 0 {
				return false
			}
			from, to := at+i, at+i+len(text)
			if (from == 0 || !inWord(data[from-1])) && (to == len(data) || !inWord(data[to])) {
				return true
			}
			at = from + 1
		}
	})
}

func inWord(b byte) bool {
	return 'a' <= b && b <= 'z' || '0' <= b && b <= '9' || b >= 0x80 || b == '_' || b == '-'
}
