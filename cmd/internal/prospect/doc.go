// Package prospect has what a plan depends on beside feed and config: what the ledger knows (Outlook), what Coupa says of
// the people (Preflight), the route that the plan takes, and the plan that somebody has saved before. It makes the Planner,
// and sends and records nothing.
package prospect
