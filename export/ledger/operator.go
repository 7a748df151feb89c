package ledger

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

// VoidFor returns why an approval counts for nothing where whoever has planned a run may not approve it; "" where it counts. by has
// given it, and planners have planned the run and all that it has taken up.
//
// A service account that several people use is no person: by sudo, an approval is that of the person who has logged in. A planner is
// every account that the planning ran as.
func VoidFor(by export.Operator, planners []export.Operator) export.Void {
	if by == (export.Operator{}) {
		return export.VoidApprover
	}
	why := export.Void("")
	if len(planners) == 0 {
		why = export.VoidPlanner
	}
	for _, p := range planners {
		if p == (export.Operator{}) {
			why = export.VoidPlanner
		}
		if slices.ContainsFunc(approves(by), func(uid string) bool { return uid == p.UID || uid == p.Audit }) {
			return export.VoidSame
		}
	}
	return why
}

// approves returns the uids of the accounts that an operator may be.
func approves(o export.Operator) []string {
	switch {
	case o.Agrees:
		return []string{o.Audit}
	case o.Audit != "":
		return []string{o.UID, o.Audit}
	}
	return []string{o.UID}
}

// StoreOperator is how a ledger stores an operator: as JSON, and as "" where it is not known.
func StoreOperator(o export.Operator) (string, error) {
	if o == (export.Operator{}) {
		return "", nil
	}
	text, err := json.Marshal(o)
	return string(text), err
}

// ReadOperator reads what StoreOperator wrote.
func ReadOperator(text string) (o export.Operator, err error) {
	if text == "" {
		return o, nil
	}
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return o, export.Hint(fmt.Errorf("its operator cannot be read: %w", err), Restore)
	}
	return o, nil
}
