package prospect

import (
	"github.com/hr2coupa/hr2coupa/export"
)

// Nowhere is a sink for a plan that is only looked at.
type Nowhere struct{ parts int64 }

func (n *Nowhere) Part(export.Part, []byte, []export.RowResult) (int64, error) {
	n.parts++
	return n.parts, nil
}

func (n *Nowhere) Restart() error { n.parts = 0; return nil }

func (*Nowhere) Row(export.RowResult, []export.Fault, []export.KeptRecord) error { return nil }

func (*Nowhere) Name(int64, string) error { return nil }
