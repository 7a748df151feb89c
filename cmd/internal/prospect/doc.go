// Package prospect collects what a plan depends on beside feed and config: which files were seen, what the ledger remembers,
// what Coupa answers about the people, the route that the plan takes, and the plan that was saved before. Prepare collects it
// and returns the planner. Nothing is sent and nothing is recorded.
package prospect
