package coupa

import (
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

func TestConfigFaults(t *testing.T) {
	good := Config{URL: "https://acme-test.coupahost.com/", ClientID: "a", ClientSecret: export.NewSecret("b"), PageCookie: export.NewSecret("c=d")}
	for _, tc := range []struct {
		name   string
		change func(*Config)
		want   []string // empty: no fault
	}{
		{"good", func(*Config) {}, nil},
		{"loopback", func(c *Config) { c.URL = "http://127.0.0.1:8080" }, nil},
		{"loopback6", func(c *Config) { c.URL = "http://[::1]:8080" }, nil},
		{"localhost", func(c *Config) { c.URL = "http://localhost" }, nil},
		{"plain http", func(c *Config) { c.URL = "http://acme-test.coupahost.com" }, []string{"would send the secret unencrypted\nhint: use https"}},
		{"path", func(c *Config) { c.URL = "https://acme-test.coupahost.com/api" }, []string{"more than scheme and host\nhint: give the instance"}},
		{"user", func(c *Config) { c.URL = "https://u:s3cret@acme-test.coupahost.com" }, []string{"more than scheme and host\nhint: give the instance"}},
		{"no scheme", func(c *Config) { c.URL = "acme-test.coupahost.com" }, []string{"not an address"}},
		{"no host", func(c *Config) { c.URL = "https://" }, []string{"not an address"}},
		{"none", func(c *Config) { c.URL = "" }, []string{"coupa.url: missing"}},
		{"scheme", func(c *Config) { c.URL = "ftp://acme" }, []string{`"ftp"`}},
		{"too fast", func(c *Config) { c.Rate = 26 }, []string{"hint: give more than 0 and at most 25"}},
		{"time-out", func(c *Config) { c.Timeout = -1 }, []string{"hint: give a positive time"}},
		{"all at once", func(c *Config) { *c = Config{Rate: -1, Format: "yaml"} },
			[]string{"coupa.url: missing", "coupa.rate", "client_id", "client_secret", "coupa.format"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := good
			tc.change(&c)
			_, err := NewClient(c, nil)
			if (err == nil) != (len(tc.want) == 0) {
				t.Fatalf("got %v, want %q", err, tc.want)
			}
			for _, w := range tc.want {
				if !strings.Contains(bothFields(err), w) {
					t.Errorf("%q lacks %q", bothFields(err), w)
				}
			}
			if err != nil && strings.Contains(bothFields(err), "s3cret") {
				t.Errorf("%q leaks", err)
			}
		})
	}
}

func TestPageConfigFaults(t *testing.T) {
	for cookie, want := range map[string]string{
		"":                    "missing",
		"a=s3cret\r\nX: y":    "line break",
		"Cookie: a=s3cret":    "",
		"  a=s3cret; b=1  \n": "",
	} {
		p, err := NewPage(Config{URL: "https://acme-test.coupahost.com", PageCookie: export.NewSecret(cookie)}, nil)
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", cookie, err)
		case want == "" && !strings.HasPrefix(p.cookie.Reveal(), "a=s3cret"):
			t.Errorf("%q is sent as %q", cookie, p.cookie.Reveal())
		case want != "" && (err == nil || !strings.Contains(bothFields(err), want) || strings.Contains(bothFields(err), "s3cret")):
			t.Errorf("%q: got %v, want %q", cookie, err, want)
		}
	}
}
