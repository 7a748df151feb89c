package alike

import (
	"strings"
	"testing"
)

// TestToLower: every byte at every place of short and long texts, so that no byte's carry can hide its neighbour.
func TestToLower(t *testing.T) {
	for n := 1; n <= 20; n++ {
		for at := range n {
			for b := range 256 {
				text := []byte(strings.Repeat("a", n))
				text[at] = byte(b)
				s := string(text)
				if got, want := ToLower(s), strings.ToLower(s); got != want {
					t.Fatalf("%q: got %q, want %q", s, got, want)
				}
				if want := b < 0x80 && (b < 'A' || b > 'Z'); IsLower(s) != want {
					t.Fatalf("isLower(%q) is not %v", s, want)
				}
			}
		}
	}
	for _, s := range []string{"", "İstanbul", "ẞ", "olivia.WAGNER@example.com", "ǅ", "a\xffB"} {
		if got, want := ToLower(s), strings.ToLower(s); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
}

func BenchmarkToLower(b *testing.B) {
	for b.Loop() {
		ToLower("olivia.wagner123456@example.com")
	}
}
