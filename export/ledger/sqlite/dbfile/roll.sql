-- Snapshots of everybody that were planned and not held. One that counts has the next number; one that does not has that of the one before.
CREATE TABLE snapshots (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    number  INTEGER NOT NULL,
    counts  INTEGER NOT NULL, -- 1: whoever is missing in it counts as missing
    at      INTEGER NOT NULL, -- when its run began
    records INTEGER NOT NULL,
    config  TEXT    NOT NULL, -- hash of what of the config decides whom a snapshot has
    files   TEXT    NOT NULL  -- names, as JSON
) STRICT;

-- Who was in a snapshot, and since which number they are missing; 0: they were in the last one that counts, or in one after it.
CREATE TABLE members (
    key   TEXT PRIMARY KEY,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
