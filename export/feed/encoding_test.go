package feed

import (
	"math/rand/v2"
	"testing"
	"unicode/utf8"
)

// TestValidUTF8: cut, broken or overlong runes anywhere in a text are found as utf8.Valid finds them.
func TestValidUTF8(t *testing.T) {
	pieces := []string{"a", "plain text,", "é", "徐", "🙂", "\ufffd", "\xff", "\xc3", "\xe5\xbe", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"}
	r := rand.New(rand.NewPCG(1, 2))
	valid := 0
	for range 100_000 {
		text, kinds := "", 6+r.IntN(len(pieces)-5) // half of them without the broken ones
		if r.IntN(2) == 0 {
			kinds = 6
		}
		for range r.IntN(8) {
			text += pieces[r.IntN(kinds)]
		}
		want := utf8.Valid([]byte(text))
		if got := validUTF8([]byte(text)); got != want {
			t.Fatalf("%q: %v", text, got)
		}
		if want {
			valid++
		}
	}
	if valid < 20_000 || valid > 80_000 {
		t.Errorf("%d of 100,000 texts are valid: the test shows too little", valid)
	}
}
