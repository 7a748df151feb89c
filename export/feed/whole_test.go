package feed

import (
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	for _, tt := range []struct{ data, encoding, want string }{
		{"a\r\nb\rc\n", "", "a\nb\nc\n"},
		{"\xef\xbb\xbfBüro", "windows-1252", "Büro"},
		{"\xff\xfeB\x00\xfc\x00", "", "Bü"},
		{"B\xfcro", "windows-1252", "Büro"},
		{"Büro", "windows-1252", "Büro"},
		{"a\nb\nB\xfcro\n", "", "line 3: is not valid UTF-8"},
		{"a", "klingon", `line 0: encoding "klingon" is unknown`},
		{"", "", ""},
	} {
		text, line, err := Text([]byte(tt.data), tt.encoding)
		got := string(text)
		if err != nil {
			got = strings.Join([]string{"line ", string(rune('0' + line)), ": ", err.Error()}, "")
		}
		if got != tt.want {
			t.Errorf("%q in %q: got %q, want %q", tt.data, tt.encoding, got, tt.want)
		}
	}
}
