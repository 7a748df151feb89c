package prospect

import (
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// weigh takes from the approvals those that were given by whoever has planned what they are for; by is who plans new files now.
// The ledger decides in the same way when the plan is committed.
func (o *Outlook) weigh(l wiring.Memory, by []export.Operator) error {
	all := o.Approved
	o.Approved = nil
	for _, a := range all {
		planners, err := l.Planners(a.Run)
		if err != nil {
			return err
		}
		if o.Kept != nil {
			again, err := l.Planners(o.Kept.Run)
			if err != nil {
				return err
			}
			planners = append(planners, again...)
		}
		if a.Ended.Void = ledger.VoidFor(a.Operator, append(planners, by...)); a.Ended.Void == "" {
			o.Approved = append(o.Approved, a)
			continue
		}
		o.Void = append(o.Void, a)
	}
	return nil
}
