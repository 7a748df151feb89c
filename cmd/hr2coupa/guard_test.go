package main

import (
	"path"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/cmd/config"
)

// A pattern matches what path.Match matches without regard to case, whatever the shortcut before it is; a slash is a
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
		p := newPattern(glob)
		for _, value := range values {
			want, err := path.Match(strings.ToLower(glob), strings.ToLower(value))
			want = want && err == nil && glob != "" && value != ""
			if got := p.match(newSubject(value)); got != want {
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
		p := newPattern(tt.glob)
		if got := p.match(newSubject(tt.login)); got != tt.want {
			t.Errorf("%q on %q: got %v, want %v", tt.glob, tt.login, got, tt.want)
		}
	}
}

// Patterns of all shapes match what path.Match matches, where no slash is in play.
func TestPatternOfAnyShape(t *testing.T) {
	shape, text := rapid.StringOfN(rapid.SampledFrom([]rune(`aabc-][^\*?.é(+`)), 1, 12, -1), rapid.StringOfN(rapid.SampledFrom([]rune("abc-]^.é(\n")), 1, 6, -1)
	matched, missed := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		glob := shape.Draw(t, "glob")
		if _, err := path.Match(glob, ""); err != nil {
			return // the config refuses it
		}
		p, value := newPattern(glob), text.Draw(t, "value")
		want, err := path.Match(glob, value)
		if got := p.match(newSubject(value)); err != nil || got != want {
			t.Fatalf("%q on %q: got %v, want %v (%v)", glob, value, got, want, err)
		}
		if want {
			matched++
		} else {
			missed++
		}
	})
	if matched == 0 || missed == 0 {
		t.Errorf("%d drawn pairs match and %d do not: they tell too little", matched, missed)
	}
}

// Nearly every row of a feed meets no rule, and there may be a million of them.
func BenchmarkGuard(b *testing.B) {
	protects := guard(&config.Config{
		IntegrationUsers: []string{"*integration*", "*api_user*", "*api-user*", "*apiuser*"},
		Protect:          []config.Protect{{Login: "admin*", Reason: "service accounts"}, {Key: "000001", Reason: "managing director"}},
	}, time.Time{})
	for b.Loop() {
		if why := protects("123456", "olivia.wagner123456", "olivia.wagner@example.com"); why != "" {
			b.Fatal(why)
		}
	}
}
