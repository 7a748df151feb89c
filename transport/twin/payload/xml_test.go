package payload

import (
	"strings"
	"testing"
)

func FuzzReadXML(f *testing.F) {
	seeds := []string{"<user><roles><role><name>A</name></role></roles></user>", `<user nil="true"/>`, "<a><b/></a>", "<user"}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if _, v, err := ReadXML(strings.NewReader(body)); err == nil {
			var b strings.Builder
			if err := WriteXML(&b, "user", v); err != nil {
				t.Fatal(err)
			}
		}
	})
}
