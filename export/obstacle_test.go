package export_test

import (
	"errors"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestObstacles: each obstacle has its own word, with which its message begins, and only a failed connection is worth
// another try.
func TestObstacles(t *testing.T) {
	words := []string{
		"", "sftp", "host key", "login", "permission", "folder", "staging", "archives", "connection",
		"client", "preflight", "api", "token", "scope", "cookie", "address", "unreachable", "silent", "",
	}
	for i, want := range words {
		o := export.Obstacle(i)
		if o.String() != want {
			t.Errorf("%d is %q, want %q", i, o, want)
		}
		if passes := want == "unreachable" || want == "silent"; o.Passing() != passes {
			t.Errorf("%s: passing is %t", want, !passes)
		}
	}
	err := &export.NotDeliveredError{What: export.NoHostKey, Msg: "none is pinned", Err: errors.New("inner")}
	if got := err.Error(); got != "host key: none is pinned" {
		t.Errorf("the message is %q", got)
	}
}
