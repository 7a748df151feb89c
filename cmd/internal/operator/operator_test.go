package operator_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/cmd/internal/operator"
	"github.com/hr2coupa/hr2coupa/export"
)

// accounts of the system; a directory has more, and the program does not see them.
var accounts = map[string]string{"0": "root", "990": "hr2coupa", "1000": "alice", "1001": "bob"}

func byUID(uid string) (string, bool) {
	name, ok := accounts[uid]
	return name, ok
}

func byName(name string) (string, bool) {
	for uid, n := range accounts {
		if n == name {
			return uid, true
		}
	}
	return "", false
}

// TestOperator: SUDO_USER is who has started the program only where that account has logged in by the kernel's word.
func TestOperator(t *testing.T) {
	long := strings.Repeat("é", 99)
	for name, tt := range map[string]struct {
		uid, login, sudo, sudoUID string
		want                      export.Operator
		text                      string
	}{
		"a login":      {"1000", "1000", "", "", export.Operator{UID: "1000", User: "alice", Audit: "1000"}, "alice (uid 1000)"},
		"a service":    {"990", "4294967295", "", "", export.Operator{UID: "990", User: "hr2coupa"}, "hr2coupa (uid 990)"},
		"no such file": {"990", "", "", "", export.Operator{UID: "990", User: "hr2coupa"}, "hr2coupa (uid 990)"},
		"no number":    {"990", "x", "", "", export.Operator{UID: "990", User: "hr2coupa"}, "hr2coupa (uid 990)"},
		"no name":      {"1234", "", "", "", export.Operator{UID: "1234"}, "uid 1234"},
		"sudo agrees": {
			"990", "1000\n", "alice", "1000", export.Operator{UID: "990", User: "hr2coupa", Audit: "1000", Sudo: "alice", Agrees: true},
			"alice (uid 1000) by sudo as hr2coupa (uid 990)",
		},
		"sudo disagrees": {
			"990", "1000", "bob", "1001", export.Operator{UID: "990", User: "hr2coupa", Audit: "1000", Sudo: "bob"},
			"hr2coupa (uid 990), claimed bob, logged in as uid 1000",
		},
		"sudo disagrees, and SUDO_UID does not": {
			"990", "1000", "bob", "1000", export.Operator{UID: "990", User: "hr2coupa", Audit: "1000", Sudo: "bob"},
			"hr2coupa (uid 990), claimed bob, logged in as uid 1000",
		},
		"sudo, unknown login": {
			"990", "4294967295", "alice", "1000", export.Operator{UID: "990", User: "hr2coupa", Sudo: "alice"},
			"hr2coupa (uid 990), claimed alice",
		},
		"another account than the one that logged in": {
			"990", "1000", "", "", export.Operator{UID: "990", User: "hr2coupa", Audit: "1000"}, "hr2coupa (uid 990), logged in as uid 1000",
		},
		"an account of a directory": {
			"990", "70001", "carol", "70001", export.Operator{UID: "990", User: "hr2coupa", Audit: "70001", Sudo: "carol", Agrees: true},
			"carol (uid 70001) by sudo as hr2coupa (uid 990)",
		},
		"a name of a directory for an account of this system": {
			"990", "1000", "carol", "1000", export.Operator{UID: "990", User: "hr2coupa", Audit: "1000", Sudo: "carol"},
			"hr2coupa (uid 990), claimed carol, logged in as uid 1000",
		},
		"too long": {
			"990", "70001", long, "70001", export.Operator{UID: "990", User: "hr2coupa", Audit: "70001", Sudo: long[:100]},
			"hr2coupa (uid 990), claimed " + long[:100] + ", logged in as uid 70001",
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{"SUDO_USER": tt.sudo, "SUDO_UID": tt.sudoUID}
			s := operator.System{UID: tt.uid, LoginUID: tt.login, Getenv: func(name string) string { return env[name] }, ByUID: byUID, ByName: byName}
			if got := s.Operator(); got != tt.want || got.String() != tt.text {
				t.Errorf("%+v: %s\nwant %+v: %s", got, got, tt.want, tt.text)
			}
		})
	}
}

// TestThisProcess: the program finds out who runs this test.
func TestThisProcess(t *testing.T) {
	o := operator.Of(func(string) string { return "" })
	if _, err := strconv.Atoi(o.UID); err != nil || o.Sudo != "" || o.Agrees {
		t.Errorf("%+v", o)
	}
}
