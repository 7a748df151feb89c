// Package reconcile compares HR's whole view of its people with all of Coupa's users, and gives every one of either side
// exactly one class. It is pure: people and users come in one by one and in any order, what they hold goes into a Store,
// and memory has only hashes of the values by which people and users are paired. Whether two values are equal is the
// decision of export.ElementCell, as in plans and when a run is read back.
package reconcile
