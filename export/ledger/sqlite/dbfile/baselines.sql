-- What was last confirmed of each person, as keyed hashes of values and never the values.
CREATE TABLE baselines (
    key    TEXT PRIMARY KEY, -- HR's key
    part   INTEGER NOT NULL, -- parts.id of the last part that may have changed the person in Coupa: only that one confirms
    hashes BLOB    NOT NULL, -- numbers of columns and their hashes (ledger.Hashes)
    -- Every name by which rows have named the person to Coupa (Id, Employee Number, Login), as a hash of 8 bytes with the kind
    -- in its two lowest bits, the latest of a kind behind the others. A row of another person, or of a file dropped by hand, that has the name may be about the same
    -- account.
    names  BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE baseline_columns (
    id   INTEGER PRIMARY KEY,
    name TEXT    NOT NULL UNIQUE
) STRICT;
CREATE TABLE baseline_secret (
    key BLOB NOT NULL CHECK (length(key) = 32) -- of the names
) STRICT;
INSERT INTO baseline_secret (key) VALUES (randomblob(32));

-- By which mark the key of the hashes is recognised; the last one counts. An earlier one's hashes are forgotten.
CREATE TABLE baseline_keys (
    id   INTEGER PRIMARY KEY,
    mark TEXT    NOT NULL,
    by   TEXT    NOT NULL, -- who began anew, '' for the first key
    at   INTEGER NOT NULL
) STRICT;

-- The columns of a part, one a line; '' is not known.
ALTER TABLE parts ADD COLUMN columns TEXT NOT NULL DEFAULT '';
