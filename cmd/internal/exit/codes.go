package exit

// Codes is what each exit code means, for people: the one place that has all of them.
const Codes = `A command ends with one of these codes. Cron, systemd and scripts see it, and every report has it.

  0    all applied, or nothing to do
  1    unexpected fault, or sums that do not add up
  2    usage or config
  3    partial: rows quarantined, rejected or drifted; an alarm about creates; HR and Coupa differ (reconcile)
  4    not delivered: host key, login, folder, permission, token, scope or cookie; Coupa's side is not whole (reconcile)
  5    stalled or in doubt: no verdict in time; or a list that a call has emptied is not filled again
  6    load failed or empty
  7    another run holds the lock
  8    held by a limit, or by ledger_unknown: hold
  9    feed unusable: missing, empty, stale or unreadable; or nothing new but a late file
  130  interrupted, state sound

If several are true at once, it is the first of 1, 2, 9, 8, 4, 6, 5, 3.
plan, export and --dry-run look ahead: they end with 9, 8, 3 or 0, or with what keeps them from looking.`

// FirstSteps is what to type first, for a person who has typed no command.
const FirstSteps = `hr2coupa takes HR's changes of people to Coupa, and accounts for every record.

  hr2coupa demo             see a night on sample data; it needs nothing
  hr2coupa init users.csv   begin a config from a file of HR's
  hr2coupa doctor           check all that a run needs, with what fixes it
  hr2coupa plan             see what would change; nothing is sent
  hr2coupa run              the nightly job
  hr2coupa status latest    what became of it
  hr2coupa --help           all commands

`
