package export

import (
	"fmt"
	"testing"
)

// TestCarriedColumns: names come back as they went in, or are not known.
func TestCarriedColumns(t *testing.T) {
	for _, names := range [][]string{nil, {"Login"}, {"Login", "What, me?"}} {
		if got := CarriedColumns(names).Names(); fmt.Sprint(got) != fmt.Sprint(names) {
			t.Errorf("%q became %q", names, got)
		}
	}
	if got := CarriedColumns([]string{"a", "b\nc"}); got != "" {
		t.Errorf("a name of two lines became %q", got)
	}
}
