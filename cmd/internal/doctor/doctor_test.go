package doctor

import (
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

func TestRoomLevel(t *testing.T) {
	for free, want := range map[uint64]struct {
		level level
		exit  int
	}{
		0: {levelFail, export.ExitFault}, tooLittle - 1: {levelFail, export.ExitFault}, tooLittle: {levelWarn, export.ExitOK},
		littleRoom - 1: {levelWarn, export.ExitOK}, littleRoom: {levelOK, export.ExitOK},
	} {
		if l, exit := roomLevel(free); l != want.level || exit != want.exit {
			t.Errorf("%d bytes free: %s and %d, want %s and %d", free, l, exit, want.level, want.exit)
		}
	}
}

// TestDoctorsCode: a fault of the config comes before all others, since with it a run does not begin.
func TestDoctorsCode(t *testing.T) {
	for _, c := range []struct {
		codes []int
		want  int
	}{
		{nil, export.ExitOK}, {[]int{0, 0}, export.ExitOK},
		{[]int{export.ExitNotDelivered, export.ExitFault, export.ExitUsage}, export.ExitUsage},
		{[]int{export.ExitNotDelivered, export.ExitFault, export.ExitFeed}, export.ExitFault},
		{[]int{export.ExitNotDelivered, export.ExitFeed}, export.ExitFeed},
		{[]int{0, export.ExitNotDelivered}, export.ExitNotDelivered},
	} {
		if got := worstOf(c.codes); got != c.want {
			t.Errorf("%v: %d, want %d", c.codes, got, c.want)
		}
	}
}
