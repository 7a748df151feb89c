package feed

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestEndsByCR: CR ends a line where a text has no LF at all. Field case 01.
func TestEndsByCR(t *testing.T) {
	for text, want := range map[string]bool{
		"a,b\r1,2\r":   true,
		"a,b\r1,2":     true,
		"a,b\r1,2\n":   false,
		"a,b\r\n1,2\r": false,
		"a,b":          false,
		"":             false,
	} {
		got, err := endsByCR(iotest.OneByteReader(strings.NewReader(text)))
		if got != want || err != nil {
			t.Errorf("%q ends by CR: %t, %v", text, got, err)
		}
	}
}

func TestCRReader(t *testing.T) {
	const text = "a\r\rb\r"
	got, err := io.ReadAll(crReader{iotest.HalfReader(strings.NewReader(text))})
	if string(got) != "a\n\nb\n" || err != nil {
		t.Errorf("%q is read as %q, %v", text, got, err)
	}
}
