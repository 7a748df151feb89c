package reconcile

import "github.com/hr2coupa/hr2coupa/export"

// early stands in user.out for a user who is active before the day from which HR has the person: such a user is compared.
const early Reason = "early"

// waits is the first record of a person that holds from a later day on.
type waits struct{ key, day string }

// isEarly reports whether a user whose person waits is active too early. Of a person whose rows were accepted once it is a change that
// waits, and not the first day.
func (w *walk) isEarly(i int) bool {
	return w.users[i].active && (w.o.Ours == nil || !w.o.Ours(w.waiting[w.heldKey(i)].key, ""))
}

// heldKey returns the hash of what a user has in the column of HR's key.
func (c *Comparison) heldKey(i int) uint64 { return c.held[i*len(c.keyed)+c.keyAt] }

// dropped reports whether a run takes the roles out of the row of a person who is inactive, since roles.never keeps one of them back:
// then they are no difference.
func (w *walk) dropped(roles export.Cell, held export.Value, known bool) bool {
	if w.o.Roles == nil || roles.State != export.Set || !w.saysInactive(w.cells) {
		return false
	}
	_, forbidden := w.o.Roles.Forbidden(roles.Text, held, known)
	return forbidden
}
