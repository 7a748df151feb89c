-- The Status that was sent: active, inactive, or '' where a row carries none.
ALTER TABLE rows ADD COLUMN status TEXT NOT NULL DEFAULT '';

-- The last one that was sent, '' when none was.
ALTER TABLE people ADD COLUMN status TEXT NOT NULL DEFAULT '';

-- The last feed file of each name of which the run has been pruned: one that HR still shows must not become new again.
CREATE TABLE pruned_files (
    name   TEXT PRIMARY KEY,
    path   TEXT    NOT NULL,
    size   INTEGER NOT NULL,
    sha256 TEXT    NOT NULL,
    run    TEXT    NOT NULL -- its id
) STRICT, WITHOUT ROWID;
