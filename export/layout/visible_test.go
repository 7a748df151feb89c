package layout

import (
	"testing"
	"unicode"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestVisible: hidden characters leave a cell of any column, joiners only where they are not spelling. Field case 19.
func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"Lu\u200bnde":               "Lunde",
		"\ufeffLunde":               "Lunde",
		"Lun\u00adde\u2060":         "Lunde",
		"\u202aLunde\u202c \u200eA": "Lunde A",
		"Lu\u200dn\u200cde":         "Lunde",
		"Zo\u0308\u200de":           "Zo\u0308e", // an accent is of no script
		"Петр\u200cов":              "Петров",
		"王\u200d明":                  "王明",
		"علی\u200cرضا":              "علی\u200cرضا", // Alireza
		"علی\u200c":                 "علی",
		"\u200cعلی":                 "علی",
		"علی\u200b\u200cرضا":        "علی\u200cرضا",
		"അവന്\u200d":                "അവന്\u200d", // the mark before it makes the last letter
		"ශ්\u200dරී":                "ශ්\u200dරී", // Sri
		"Zoë\u00a0Å":                "Zoë\u00a0Å", // a blank can be seen
		"辻\U000e0100":               "辻\U000e0100",
		"\u200b\u200d":              "",
	} {
		s := sheet(t, nil, "Department")
		row := &export.Row{Cells: make([]export.Cell, len(s.columns))}
		at := len(row.Cells) - 1
		row.Cells[at] = export.Cell{Text: text, State: export.Set}
		state := export.Set
		if want == "" {
			state = export.Absent
		}
		s.Check(row)
		if got := row.Cells[at]; got.Text != want || got.State != state {
			t.Errorf("%+q became %+q, want %+q", text, got, want)
		}
	}
}

// TestVisibleLength: what is taken out does not count for the length of a cell, and a required cell of nothing else is empty.
func TestVisibleLength(t *testing.T) {
	s := sheet(t, nil)
	row := &export.Row{Cells: []export.Cell{set("ann"), set("ann@acme.example"), set("Ann"), set("\u200b"), set("00101")}}
	faults := s.Check(row)
	if len(faults) != 1 || faults[0].Rule != noValue.rule {
		t.Errorf("found %v, want one missing value", faults)
	}
}

// TestHiddenIsFormat: the mapping has looked for --NULL-- in HR's cells through every format character. Taking out another
// kind could make the word.
func TestHiddenIsFormat(t *testing.T) {
	hidden := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !isHidden(r) {
			continue
		}
		if hidden++; !unicode.Is(unicode.Cf, r) {
			t.Errorf("%U is taken out, and is no format character", r)
		}
	}
	if hidden == 0 {
		t.Error("no character is taken out")
	}
}
