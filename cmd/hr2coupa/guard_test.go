package main

import (
	"path"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/config"
)

// A pattern matches what path.Match matches without regard to case, whatever the shortcut before it is.
func TestPattern(t *testing.T) {
	globs := []string{
		"", "*", "?", "a", "admin*", "*admin", "*ADMIN*", "a*min", "ad?in", "*a*d*", "??", "[a-c]dmin", `\*`, `\a*`,
		"*integration*", "*api_user*", "ß*", "*Å*",
	}
	values := []string{
		"", "a", "admin", "Admin", "xADMINx", "adxin", "bdmin", "*", "*x", "ab", "sftp_Integration@coupa.com", "my-api_user1",
		"a/d", "ẞx", "å", "Å1",
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
