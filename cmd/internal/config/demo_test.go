package config

import (
	"strings"
	"testing"
	"text/template"

	"github.com/hr2coupa/hr2coupa/templates"
)

func TestDemo(t *testing.T) {
	tmpl, err := template.New("demo").Option("missingkey=error").Parse(string(templates.DemoConfig()))
	if err != nil {
		t.Fatal(err)
	}
	var src strings.Builder
	err = tmpl.Execute(&src, map[string]string{
		"Instance": "http://127.0.0.1:8080", "SFTPAddress": "127.0.0.1:2222", "Ledger": `/tmp/a "b"`, "Feed": "/tmp/ä/changes.csv",
		"HostKey": "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	})
	if err != nil {
		t.Fatal(err)
	}
	c := mustParse(t, src.String(), all)
	if c.Ledger != `/tmp/a "b"` || c.Feed.Files[0] != "/tmp/ä/changes.csv" || c.Limits.Creates.Count != 1 || len(c.Warnings) > 0 {
		t.Errorf("got %+v", c)
	}
}
