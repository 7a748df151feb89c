package howfar_test

import (
	"context"
	"testing"

	"github.com/hr2coupa/hr2coupa/export/howfar"
)

// TestTell: who listens is told, the pieces of a quiet step are not, and without a listener nothing happens.
func TestTell(t *testing.T) {
	howfar.Tell(t.Context(), 1, 2)
	var got [][2]int
	ctx := howfar.Told(context.Background(), func(done, of int) { got = append(got, [2]int{done, of}) })
	howfar.Tell(ctx, 3, 7)
	howfar.Tell(howfar.Quiet(ctx), 1, 4)
	if len(got) != 1 || got[0] != [2]int{3, 7} {
		t.Errorf("told %v", got)
	}
}
