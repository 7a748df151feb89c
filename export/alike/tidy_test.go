package alike

import (
	"testing"
	"unicode"
	"unicode/utf8"
)

// TestTidy: blanks around a text and invisible characters anywhere in it do not count. Field cases 19 and 22.
func TestTidy(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"00101":                  "00101",
		" 00101":                 "00101",
		"00101\t":                "00101",
		"00101\u00a0":            "00101", // a blank that does not break
		"\ufeff00101":            "00101",
		"ada.l\u200b":            "ada.l",
		"ada.l@acme\u200b.com":   "ada.l@acme.com",
		"ada\u00ad.l":            "ada.l",
		"\u202a00101\u202c":      "00101", // marks of direction, as Windows copies them
		"00101\ufe0f":            "00101",
		"\u200b \u200b00101 \r":  "00101",
		"  \u200b ":              "",
		"ada lund":               "ada lund",
		"a\x1fb":                 "a\x1fb",
		"\x1f00101":              "00101",
		"Zoë":                    "Zoë",
		"employee-00101@acme.ex": "employee-00101@acme.ex",
		"日本":                     "日本",
		" \xff":                  " \xff",
	} {
		if got := Tidy(text); got != want {
			t.Errorf("Tidy(%+q) is %+q, want %+q", text, got, want)
		}
	}
}

// FuzzTidy: tidying twice is tidying once, and a text that the quick look lets through is tidy.
func FuzzTidy(f *testing.F) {
	for _, s := range []string{"", "00101", " 00101 ", "\ufeff00101", "ada.l@acme\u200b.example", "a\x1fb", "\xff\xfe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Tidy(s)
		if again := Tidy(got); again != got {
			t.Errorf("Tidy(%+q) is %+q, and tidied again %+q", s, got, again)
		}
		if slow := Tidy("\u200b" + s); slow != got && utf8.ValidString(s) {
			t.Errorf("Tidy(%+q) is %+q, and with an invisible character before it %+q", s, got, slow)
		}
	})
}

// TestSheetDamage: what spreadsheets make of numbers, and numbers that only look like it. Field cases 20 and 26.
func TestSheetDamage(t *testing.T) {
	for text, want := range map[string]string{
		"":              "",
		"00101":         "",
		"E00101":        "",
		"12E45":         "",
		"1E5":           "",
		"12-34":         "",
		"12E":           "",
		"12E+":          "",
		"12E+4A":        "",
		"1.5":           "",
		"-":             "",
		"+33":           "",
		"1.E+05":        "",
		"3E0":           "",
		"3E10":          "",
		"1234E567":      "",
		"1,5":           "",
		"10.5.3":        "",
		"1.5E":          "",
		"1.5E+":         "",
		"1.5EX":         "",
		"’":             sayApostrophe,
		"’00123":        sayApostrophe,
		"‘00123":        sayApostrophe,
		"“00123":        "",
		"anna’s":        "",
		"'anna@b.c":     sayApostrophe,
		"1,5E+05":       sayScientific,
		"1.5E5":         sayScientific,
		"1,23457E11":    sayScientific,
		"1.23457E11":    sayScientific,
		"1.5E308":       sayScientific,
		"ab'c":          "",
		"=00101":        "",
		"o'neil":        "",
		"1.23457E+11":   sayScientific,
		"1,23457E+11":   sayScientific,
		"1E+05":         sayScientific,
		"1E+5":          sayScientific,
		"1.5E+308":      sayScientific,
		"123-4567":      "",
		"1-2":           "",
		"1e+05":         sayScientific,
		"1.5E-05":       sayScientific,
		"-1.5E+05":      sayScientific,
		"'00201":        sayApostrophe,
		"'":             sayApostrophe,
		`="00101"`:      sayFormula,
		`="00101`:       sayFormula,
		"123456789E+10": sayScientific,
	} {
		if got := SheetDamage(text); got != want {
			t.Errorf("SheetDamage(%q) is %q, want %q", text, got, want)
		}
	}
}

// TestBlank: what cannot be seen is blank, whatever its script, and the first byte never decides wrongly.
func TestBlank(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "   ": true, "\t \n": true, "\u00a0": true, " \u00a0\u3000 ": true, "\u200b": true, "\ufeff": true, "\u00ad": true, "\u034f": true,
		"\u3164": true, "\u115f": true, "\u180e": true, "\u2060\u202e": true, "\U000e0100": true,
		"a": false, "\u00a0a": false, "é": false, "Жук": false, "漢": false, "-": false, "\x01": false, "\x7f": false, "\xc2": false, "\u00a0\xff": false, "٠": false,
	} {
		if got := Blank(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		if want := unicode.IsSpace(r) || unseen(r); utf8.ValidRune(r) && Blank(string(r)) != want {
			t.Errorf("%U: %v", r, !want)
		}
	}
}
