-- Records that a plan read and did not send, for the next plan. One file of the spool a plan, named by id.
CREATE TABLE kept (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    run     INTEGER NOT NULL REFERENCES runs (num), -- whose plan kept them
    records INTEGER NOT NULL,
    feed    INTEGER NOT NULL,                       -- how large that run's feed was, for limits.shrink
    files   TEXT    NOT NULL,                       -- JSON array of the names in their origins
    size    INTEGER NOT NULL,
    sha256  TEXT    NOT NULL,
    ended   TEXT    NOT NULL DEFAULT '',            -- why they are not kept any more; '' while they are
    by_run  INTEGER NOT NULL DEFAULT 0              -- num of the run that planned them again
) STRICT;
CREATE UNIQUE INDEX kept_now ON kept (ended) WHERE ended = ''; -- every plan takes up what is kept, so there is one at most

ALTER TABLE runs ADD COLUMN feed INTEGER NOT NULL DEFAULT 0; -- new records of HR's files, where they were not held
ALTER TABLE runs ADD COLUMN held TEXT NOT NULL DEFAULT '';   -- which limits hold it, one a line

-- An operator's word that a held run may go beyond the limits of the config.
CREATE TABLE approvals (
    id       INTEGER PRIMARY KEY,
    run      INTEGER NOT NULL REFERENCES runs (num),
    by       TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    expires  INTEGER NOT NULL,
    ceilings TEXT    NOT NULL,            -- JSON object: limit to ceiling
    ended    TEXT    NOT NULL DEFAULT ''  -- the run that used it, or why it counts no more
) STRICT;
