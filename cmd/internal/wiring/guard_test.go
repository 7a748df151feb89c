package wiring

import (
	"path"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

// A pattern matches what path.Match matches, ignoring case, whatever shortcut is taken before it. A slash is a
// character like any other.
func TestPattern(t *testing.T) {
	globs := []string{
		"", "*", "?", "a", "admin*", "*admin", "*ADMIN*", "a*min", "ad?in", "*a*d*", "??", "[a-c]dmin", `\*`, `\a*`,
		"*integration*", "*api_user*", "ß*", "*Å*",
		"[^a]*", "[^b-a]*", "[b-a]*", `[\]\-x]*`, "[.-9]*", "a.+(b|c)", "*.*", "a[!b]?", `x[a\-]y`,
	}
	values := []string{
		"", "a", "admin", "Admin", "xADMINx", "adxin", "bdmin", "*", "*x", "ab", "sftp_Integration@coupa.com", "my-api_user1",
		"ẞx", "å", "Å1", "a.+(b|c)", "aXb", "]", "-1", "5x", "a!c", "a\nb", "é",
	}
	matched := 0
	for _, glob := range globs {
		p := newProtectPattern(glob)
		for _, value := range values {
			want, err := path.Match(strings.ToLower(glob), strings.ToLower(value))
			want = want && err == nil && glob != "" && value != ""
			if got := p.match(alike.ToLower(value)); got != want {
				t.Errorf("%q on %q: got %v, want %v", glob, value, got, want)
			}
			if want {
				matched++
			}
		}
	}
	if matched < len(globs) {
		t.Errorf("only %d pairs match: the table tells too little", matched)
	}
}

func TestPatternTakesASlash(t *testing.T) {
	for _, tt := range []struct {
		glob, login string
		want        bool
	}{
		{"*", "acme/svc", true},
		{"admin*", "admin/eu", true},
		{"*integration*", "acme/SFTP_Integration/2", true},
		{"acme/*", "acme/svc/batch", true},
		{"acme?svc", "acme/svc", true},
		{"acme[./]svc", "acme/svc", true},
		{"acme[^.]svc", "acme/svc", true},
		{"acme/svc", "acme/svc", true},
		{"*/svc", "svc", false},
		{"acme*svc", "acme/svc/2", false},
	} {
		p := newProtectPattern(tt.glob)
		if got := p.match(alike.ToLower(tt.login)); got != tt.want {
			t.Errorf("%q on %q: got %v, want %v", tt.glob, tt.login, got, tt.want)
		}
	}
}

// Patterns of all shapes match what path.Match matches, if there is no slash: random texts, and one made to
// match them.
func TestPatternOfAnyShape(t *testing.T) {
	pieces := [][2]string{ // of a pattern, and of a text it matches
		{"a", "a"}, {"b", "b"}, {"é", "é"}, {".", "."}, {"(", "("}, {"+", "+"}, {"]", "]"}, {"^", "^"}, {"?", "c"}, {"?", "é"}, {"?", "\n"},
		{"*", ""}, {"*", "ab-c"}, {"*", "a\nb"}, {"[a-c]", "b"}, {"[^a-c]", "é"}, {"[ab.]", "."}, {`[\]^]`, "^"}, {`\*`, "*"}, {`\\`, `\`},
	}
	shape := rapid.StringOfN(rapid.SampledFrom([]rune(`aabc-][^\*?.é(+`)), 1, 12, -1)
	text := rapid.StringOfN(rapid.SampledFrom([]rune("abc-]^.é(\n")), 1, 6, -1)
	like := func(t *rapid.T, glob, value string) (matches bool) {
		want, err := path.Match(glob, value)
		p := newProtectPattern(glob)
		if got := p.match(alike.ToLower(value)); err != nil || got != (want && value != "") {
			t.Fatalf("%q on %q: got %v, want %v (%v)", glob, value, got, want, err)
		}
		return want
	}
	rapid.Check(t, func(t *rapid.T) {
		if glob := shape.Draw(t, "glob"); validPattern(glob) { // the config refuses the others
			like(t, glob, text.Draw(t, "value"))
		}
		glob, value := "", ""
		for _, p := range rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 8).Draw(t, "pieces") {
			glob, value = glob+p[0], value+p[1]
		}
		if !like(t, glob, value) {
			t.Fatalf("%q on %q: this pair was made to match", glob, value)
		}
		like(t, glob, text.Draw(t, "another"))
	})
}

func validPattern(glob string) bool {
	_, err := path.Match(glob, "")
	return err == nil
}

// Nearly every row of a feed meets no rule, and there may be a million of them.
func BenchmarkGuard(b *testing.B) {
	protects := Guard(&config.Config{
		IntegrationUsers: []string{"*integration*", "*api_user*", "*api-user*", "*apiuser*"},
		Protect:          []config.Protect{{Login: "admin*", Reason: "service accounts"}, {Key: "000001", Reason: "managing director"}},
	}, time.Time{})
	for b.Loop() {
		if by := protects("123456", "olivia.wagner123456", "olivia.wagner@example.com"); by != nil {
			b.Fatal(by.Why)
		}
	}
}
