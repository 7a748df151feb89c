package wiring

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
)

// TestColumnFaults: a fault about a column is on the line that maps it, and a column that could not be read is not reported
// as missing too.
func TestColumnFaults(t *testing.T) {
	const columns = `instance: http://127.0.0.1:1
feed:
  files: [users.csv]
  key: id
mapping:
  columns:
    Login: login
    Email: %s
    First Name: first
    Pcard Number: card
    Shoe Size: shoes
layout: {key: login}
ledger: ledger
sftp: {address: "127.0.0.1:1", user: u, password: {env: P}, host_key: "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", folder: /Incoming/Users}
`
	for email, want := range map[string]string{
		"mail":   `6 "Last Name" is not mapped / 10 "Pcard Number" is card data / 11 "Shoe Size" is not one`,
		"[mail]": `10 "Pcard Number" is card data / 11 "Shoe Size" is not one`, // and the config's own fault
	} {
		path := filepath.Join(t.TempDir(), "hr2coupa.yaml")
		if err := os.WriteFile(path, fmt.Appendf(nil, columns, email), 0o600); err != nil {
			t.Fatal(err)
		}
		_, faults := PipelineFaults(t.Context(), &Env{ConfigFile: path, Getenv: func(string) string { return "" }}, config.Options{})
		var got []string
		for _, f := range faults {
			if message, ok := strings.CutPrefix(f.Message, "column "); ok {
				got = append(got, fmt.Sprint(f.Line, " ", message))
			}
		}
		wants := strings.Split(want, " / ")
		same := len(got) == len(wants)
		for i := range got {
			same = same && strings.HasPrefix(got[i], wants[i])
		}
		if !same {
			t.Errorf("Email: %s: %q, want %q\n%v", email, got, wants, faults)
		}
	}
}

// TestGuardOwner: a rule of protect has its reason and its owner.
func TestGuardOwner(t *testing.T) {
	protects := Guard(&config.Config{IntegrationUsers: []string{"*api_user*"}, Protect: []config.Protect{
		{Login: "admin*", Reason: "service accounts", Owner: "it@acme.example"}, {Key: "000001", Reason: "managing director"},
	}}, time.Time{})
	for _, tt := range []struct{ key, login, known, why, owner string }{
		{"7", "admin.ann", "", "service accounts", "it@acme.example"},
		{"7", "ann", "Admin.Ann", "service accounts", "it@acme.example"},
		{"000001", "ann", "ann", "managing director", ""},
		{"7", "my_api_user", "", "integration_users", ""},
	} {
		by := protects(tt.key, tt.login, tt.known)
		if by == nil || !strings.Contains(by.Why, tt.why) || by.Owner != tt.owner {
			t.Errorf("%+v: %+v", tt, by)
		}
	}
	if by := protects("7", "ann", "ann"); by != nil {
		t.Errorf("protected: %+v", by)
	}
}
