package feed

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestManyFields: the number of fields is bounded, and up to the bound repeated names are found.
func TestManyFields(t *testing.T) {
	fields := func(n int, last string) string {
		var b strings.Builder
		b.WriteString("id")
		for i := range n - 2 {
			fmt.Fprintf(&b, ",f%d", i)
		}
		return b.String() + "," + last + "\n"
	}
	for _, tt := range []struct{ name, header, want string }{
		{"as many as allowed", fields(maxFields, "last"), ""},
		{"one more", fields(maxFields+1, "last"), "a.csv:1: the header has 10001 fields, and 10000 is the limit"},
		{"far more", fields(100_000, "f"), "a.csv:1: the header has 100000 fields, and 10000 is the limit"},
		{"one twice", fields(maxFields, "f0"), "a.csv:1: fields 2 and 10000 of the header have the same name"},
		{"the key is asked for first", strings.Replace(fields(maxFields+1, "last"), "id", "no", 1), `no field of the header is "id"`},
	} {
		_, err := Open([]string{write(t, "a.csv", tt.header)}, Options{Key: "id"})
		var unusable *export.UnusableFeedError
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.want != "" && (!errors.As(err, &unusable) || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}
