package pseudonym_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/pseudonym"
)

// TestPseudonyms: each person has one pseudonym of their own, and another key changes all of them.
func TestPseudonyms(t *testing.T) {
	one, two := pseudonym.NewPseudonyms(bytes.Repeat([]byte{1}, 32)), pseudonym.NewPseudonyms(bytes.Repeat([]byte{2}, 32))
	seen := map[string]string{}
	for n := range 20_000 {
		key := fmt.Sprintf("%06d", n)
		for _, name := range []string{one.Of(key).String(), two.Of(key).String()} {
			if was := seen[name]; was != "" || !pseudonym.IsPseudonym(name) || strings.Contains(name, key) {
				t.Fatalf("%s is called %s, as %q is", key, name, was)
			}
			seen[name] = key
		}
	}
	for _, text := range []string{"", "p-", "p-abc", "p-ABCDEFGHIJKL", "q-abcdefghijkl", "p-abcdefghijk1", "p-abcdefghijklm", "000101"} {
		if pseudonym.IsPseudonym(text) {
			t.Errorf("%q is taken for a pseudonym", text)
		}
	}
}

// TestNaming: HR's key is shown where the config allows it and the key is not personal data itself.
func TestNaming(t *testing.T) {
	p := pseudonym.NewPseudonyms([]byte("key"))
	row := export.RowResult{Key: "000101", Origin: export.Origin{File: "feed.csv", Line: 2}}
	personal := func(export.RowResult) bool { return true }
	hidden := p.Of("000101").String()
	for want, n := range map[string]pseudonym.Naming{"000101": {Pseudonyms: p}, hidden + "!": {Pseudonyms: p, Discreet: true}, hidden: {Pseudonyms: p, Personal: personal}} {
		if got := n.Of(row).String(); got != strings.TrimSuffix(want, "!") {
			t.Errorf("%+v: %s, want %s", n, got, want)
		}
	}
	row.Key = ""
	if got := (pseudonym.Naming{Pseudonyms: p, Discreet: true}).Of(row).String(); got != "feed.csv:2" {
		t.Errorf("without a key: %s", got)
	}
}

// TestGuardLog: a line that names a person by anything but a Who names no person.
func TestGuardLog(t *testing.T) {
	for _, form := range []logrus.Formatter{&logrus.TextFormatter{}, &logrus.JSONFormatter{}} {
		var out bytes.Buffer
		l := logrus.New()
		l.SetOutput(&out)
		l.SetFormatter(form)
		pseudonym.GuardLog(l)
		who := pseudonym.NewPseudonyms([]byte("key")).Of("000101")
		l.WithField(pseudonym.PersonField, who).Info("one")
		l.WithField(pseudonym.PersonField, "000102").Info("two")
		l.WithField("part", "x").Info("three")
		text := out.String()
		if !strings.Contains(text, who.String()) || strings.Contains(text, "000102") || strings.Count(text, "[person]") != 1 {
			t.Error(text)
		}
	}
}
