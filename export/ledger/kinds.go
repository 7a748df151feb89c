package ledger

import "github.com/hr2coupa/hr2coupa/export"

// storedKinds are the kinds of change in the order of their bits in a ledger. A new kind goes at the end, wherever it stands
// in export.ChangeKindsInOrder.
var storedKinds = [...]export.ChangeKind{
	export.ChangeCreate, export.ChangeDeactivation, export.ChangeReactivation, export.ChangeLogin, export.ChangeNumber, export.ChangeEmail,
	export.ChangeRoleTaken, export.ChangeRoleGiven, export.ChangeFilled, export.ChangeCase, export.ChangeOther, export.ChangeUnchecked, export.ChangeRoleAsked,
	export.ChangeApprovalLimit,
}

// StoreKinds returns the number that stands for a set of kinds of change in a ledger.
func StoreKinds(kinds export.ChangeKinds) (n int64) {
	if kinds == 0 {
		return 0
	}
	for bit, k := range storedKinds {
		if kinds.Has(k) {
			n |= 1 << bit
		}
	}
	return n
}

// ReadKinds returns the kinds of change that a number in a ledger stands for. Bits of a newer program say nothing.
func ReadKinds(n int64) (kinds export.ChangeKinds) {
	if n == 0 {
		return 0
	}
	for bit, k := range storedKinds {
		if n>>bit&1 == 1 {
			kinds = kinds.With(k)
		}
	}
	return kinds
}
