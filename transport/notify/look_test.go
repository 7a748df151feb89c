package notify

import (
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/testdata/farend"
)

// TestLookMail: a look at a mail server proves every step before the message, and sends none.
func TestLookMail(t *testing.T) {
	login := farend.MailOptions{User: "hr2coupa", Password: "planted-smtp"}
	for name, tt := range map[string]struct {
		server farend.MailOptions
		change func(*Mail)
		seen   string // "" where an error is expected
		fault  string
	}{
		"STARTTLS":                {farend.MailOptions{}, func(*Mail) {}, "STARTTLS, its certificate is good", ""},
		"with a login":            {login, func(m *Mail) { m.User, m.Password = "hr2coupa", export.NewSecret("planted-smtp") }, "STARTTLS, its certificate is good; the login is accepted", ""},
		"TLS from the first byte": {farend.MailOptions{TLS: true}, func(m *Mail) { m.TLS = "tls" }, "TLS from the first byte, its certificate is good", ""},
		"plain, on loopback":      {farend.MailOptions{Plain: true}, func(m *Mail) { m.TLS = "none" }, "the server answers, without TLS", ""},
		"no STARTTLS":             {farend.MailOptions{Plain: true}, func(*Mail) {}, "", "offers no STARTTLS"},
		"unknown authority":       {farend.MailOptions{}, func(m *Mail) { m.CA = nil }, "", "hint: name the authority's file in mail.ca"},
		"login refused":           {login, func(m *Mail) { m.User, m.Password = "hr2coupa", export.NewSecret("planted-other") }, "", "hint: check mail.user and mail.password"},
		"silent":                  {farend.MailOptions{Hang: true}, func(m *Mail) { m.Patience = soon }, "", "timeout / hint: check mail.server"},
		"TLS where there is none": {farend.MailOptions{}, func(m *Mail) { m.TLS = "tls" }, "", "first byte / hint: most servers offer tls: starttls"},
	} {
		t.Run(name, func(t *testing.T) {
			server := mailServer(t, tt.server)
			m := mailTo(t, server)
			tt.change(m)
			looked(t, m, tt.seen, tt.fault)
			if n := len(server.Letters()); n != 0 {
				t.Errorf("%d letters came of a look", n)
			}
		})
	}
}

// TestLookAddress: a look at the address of a webhook sends no request.
func TestLookAddress(t *testing.T) {
	plain, secure := web(t, nil), farend.StartWebTLS(nil)
	t.Cleanup(secure.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // the kernel accepts the connection, and the server sends nothing
	for _, tt := range []struct{ name, address, seen, fault string }{
		{"plain", plain.URL, "the server answers, without TLS", ""},
		{"dead", "http://" + deadAddress, "", "connection refused / hint: check the address"},
		{"a name that the certificate lacks", strings.Replace(secure.URL, "127.0.0.1", "localhost", 1), "", "hint: give a name that its certificate has"},
		{"unknown authority", secure.URL, "", "hint: if the address is right, let this machine trust that authority"},
		{"silent", "https://" + l.Addr().String(), "", "no answer within 1s / hint: check the address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := export.NewSecret(tt.address + "/planted-token")
			hook := &Webhook{URL: u, Format: "slack"}
			if tt.name == "silent" {
				hook.Patience = soon
			}
			looked(t, hook, tt.seen, tt.fault)
			if tt.name != "silent" { // the default patience is for a real service
				looked(t, &Heartbeat{URL: u}, tt.seen, tt.fault)
			}
		})
	}
	unnamed := &url.Error{Err: &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "hooks.acme.example"}}}
	if err := wireError(t.Context(), unnamed); !strings.Contains(bothFields(err), "no such host / hint: check the address") {
		t.Errorf("a name that is not known: %v", err)
	}
	if n := len(plain.Posts()) + len(secure.Posts()); n != 0 {
		t.Errorf("%d requests came of a look", n)
	}
}

func looked(t *testing.T, l Looker, seen, fault string) {
	t.Helper()
	got, err := l.Look(t.Context())
	switch {
	case fault == "" && (err != nil || got != seen):
		t.Errorf("%s: saw %q (%v), want %q", l, got, err, seen)
	case fault != "" && (err == nil || !strings.Contains(bothFields(err), fault)):
		t.Errorf("%s: saw %q (%v), want the fault %q", l, got, err, fault)
	case err != nil && strings.Contains(bothFields(err), "planted"):
		t.Errorf("a secret is in %q", err)
	}
}
