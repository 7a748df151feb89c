package layout

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestMisread: a cell with UTF-8 that was read as Windows-1252 or Latin-1 is a fault, and one that only looks odd is none.
// Field case 02.
func TestMisread(t *testing.T) {
	for text, want := range map[string]string{
		"MÃ¼ller":             misread.rule,
		"LÃ¼ndstrÃ¶m":         misread.rule,
		"Mart\u00c3\u00adnez": misread.rule, // í, with a soft hyphen
		"Ã\u0096sterreich":    misread.rule, // by Latin-1
		"Ã–sterreich":         misread.rule,
		"Ã\u00a0 la carte":    misread.rule,
		"Oâ€™Neil":            misread.rule,
		"R&DÂ\u00a0Paris":     misread.rule,
		"BartoÅ¡":             misread.rule,
		"Ð˜Ð²Ð°Ð½":            misread.rule,
		"å¼\u00a0ä¼Ÿ":         misread.rule, // 张伟
		"Müller":              "",
		"JOÃO":                "",
		"Âme":                 "",
		"KRÍŽ":                "", // bytes that are UTF-8 too
		"MÍŠA":                "",
		"FUß–BALL":            "",
		"CAFÉ™":               "",
		"ÓŽ":                  "",
		"TOMÁŠ":               "",
		"Müller – Ã¼":         "", // not as a whole
		"Łódź Ã¼":             "",
		"Zoë’s “Bar”":         "",
		"50 € – 60 €":         "",
		"张伟":                  "",
		"Müll\u0081er":        control.rule,
		"plain\x01":           control.rule,
		"M\ufffdller":         lost.rule,
		"\u00e2\ufffd\u00a2":  lost.rule, // ␢, whose second byte is none in Windows-1252
	} {
		s := sheet(t, nil, "Department")
		row := person(1, export.Cell{Text: text, State: export.Set})
		got := ""
		for _, f := range s.Check(row) {
			got += f.Rule
		}
		if got != want {
			t.Errorf("%+q broke %q, want %q", text, got, want)
		}
	}
}

// FuzzMisread: a text of likely letters is found once it was misread, whatever it is.
func FuzzMisread(f *testing.F) {
	for _, text := range []string{"Müller", "Ada Lund", "Bartoš", "€ – ™", "Martínez", "Ÿ", "Иван", "– ␢"} {
		f.Add(text)
	}
	s := sheet(f, nil, "Department")
	f.Fuzz(func(t *testing.T, text string) { // a byte that is none in Windows-1252 becomes U+FFFD, which is found as well
		if !utf8.ValidString(text) || !likely([]byte(text)) || strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) < 0 {
			return
		}
		var seen []rune
		for _, b := range []byte(text) {
			seen = append(seen, charmap.Windows1252.DecodeByte(b))
		}
		faults := s.Check(person(1, set(string(seen))))
		if !slices.ContainsFunc(faults, func(f export.Fault) bool { return f.Rule == misread.rule }) {
			t.Errorf("%+q was misread as %+q, and is not found", text, string(seen))
		}
	})
}
