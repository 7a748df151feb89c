// Package change makes one urgent change that a person types into a feed of one record, so that it goes the way of every
// other record: the same plan, limits, ledger and report.
//
// A change is said in Coupa's columns or in HR's fields. HR's fields go through the mapping as a line of HR's file would.
// Coupa's columns do not: the record has fields of its own for them, which only [Mapping] reads. It is a record all the same,
// so that a run that is held can keep it for the next plan.
package change
