package config

import (
	"path/filepath"
	"strings"
	"testing"
)

// FuzzParse holds Parse to its promise: it never panics, it returns a config or faults, and no fault is longer than a person
// reads.
func FuzzParse(f *testing.F) {
	seeds := []string{
		minimal, valued, exampleConfig(f), "", "a", "a: &a *a", "<<: {}", "? [a]\n: b", "- a", "{a: {b: [c]}}", "a: |\n  b",
		"instance: !!str 1\nfeed: null", "%YAML 1.2\n---\na: b", "a: 'b", "\ufeffa: 1\r\nb: 2", laughs(),
		"sftp: {password: {env: }}", "limits: {creates: .inf}", "a:\n- b\n- &x c\n- *x",
	}
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	if files, _ := filepath.Glob("testdata/fuzz/FuzzParse/*"); len(seeds)+len(files) == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, opt := range []Options{all, {NoFeed: true}} {
			c, faults := Parse(t.Context(), at, data, fakeEnv(nil), opt)
			if c == nil && len(faults) == 0 {
				t.Fatalf("config %v with %d faults", c != nil, len(faults))
			}
			for _, fault := range faults {
				if len(fault.Error()) > 2000 || strings.ContainsAny(fault.Message, "\n\x00") {
					t.Fatalf("fault text %q", fault.Error())
				}
			}
		}
	})
}
