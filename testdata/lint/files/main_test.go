package main

import (
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/testdata/lint/source"
)

func TestFilesOpenedPastTheHelperAreFound(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"opened", `package p; import "os"; func f(s string) { os.Open(s) }`, "os.Open"},
		{"read", `package p; import "os"; var f = os.ReadFile`, "os.ReadFile"},
		{"opened with flags", `package p; import "os"; func f(s string) { os.OpenFile(s, os.O_WRONLY, 0) }`, "os.OpenFile"},
		{"under another name", `package p; import o "os"; func f(s string) { o.DirFS(s) }`, "os.DirFS"},
		{"a library's", `package p; import "crypto/tls"; func f(s string) { tls.LoadX509KeyPair(s, s) }`, "crypto/tls.LoadX509KeyPair"},
		{"without a reason", "package p; import \"os\"; func f(s string) { os.Open(s) } // own file:", "os.Open"},
		{"with a reason", "package p; import \"os\"; func f(s string) { os.Open(s) } // own file: made above", ""},
		{"looked at", `package p; import "os"; func f(s string) { os.Stat(s) }`, ""},
		{"ours", `package p; import "example.com/export/regular"; func f(s string) { regular.Open(s) }`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, err := source.Parse("p.go", test.src)
			if err != nil {
				t.Fatal(err)
			}
			got := check(f)
			if test.want == "" && len(got) > 0 || test.want != "" && (len(got) != 1 || !strings.Contains(got[0], test.want)) {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}
