package planning

import (
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// textBlock is the size in bytes of a block of texts.
const textBlock = 16 << 10

// textArena clones strings that outlive a chunk, many to an allocation.
type textArena struct{ block strings.Builder }

func (t *textArena) keep(s string) string {
	if t.block.Cap()-t.block.Len() < len(s) {
		t.block = strings.Builder{} // the old block stays as long as its texts
		t.block.Grow(max(textBlock, len(s)))
	}
	from := t.block.Len()
	t.block.WriteString(s)
	return t.block.String()[from:]
}

// spareGroups is how many used groups are stored for reuse.
const spareGroups = 8

// room returns an empty group, with the memory of a used one if there is one.
func (s *survey) room(wave int, set export.ColumnSet) group {
	select {
	case g := <-s.spare:
		return group{wave: wave, set: set, data: g.data[:0], ends: g.ends[:0], rows: g.rows[:0]}
	default:
		return group{wave: wave, set: set}
	}
}

// giveBack stores a group for reuse; it must not be read any more.
func (s *survey) giveBack(g group) {
	select {
	case s.spare <- g:
	default:
	}
}
