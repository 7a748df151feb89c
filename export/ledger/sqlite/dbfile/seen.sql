-- What Coupa was seen to hold as HR says it before anything of it was sent: who saw it, and in which columns. Nearly all people of
-- a plan have the same columns, so that this is a few rows for each run.
CREATE TABLE baseline_seen (
    id      INTEGER PRIMARY KEY,
    run     TEXT    NOT NULL, -- runs.id, which may be pruned
    at      INTEGER NOT NULL,
    columns TEXT    NOT NULL, -- one a line
    UNIQUE (run, columns)
) STRICT;
-- baseline_seen.id of what was seen last of the person; 0 where that never was. What was sent since counts as before: its columns
-- are unknown, and known again once they are confirmed.
ALTER TABLE baselines ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
