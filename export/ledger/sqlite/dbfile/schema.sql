-- Times are nanoseconds since 1970 in UTC, 0 where there is none. States, outcomes and verdicts are stored as words.

CREATE TABLE runs (
    num     INTEGER PRIMARY KEY AUTOINCREMENT, -- order of starts, never used twice
    id      TEXT    NOT NULL UNIQUE,
    command TEXT    NOT NULL,
    state   TEXT    NOT NULL,
    started INTEGER NOT NULL,
    planned INTEGER NOT NULL DEFAULT 0,        -- when its plan was committed
    ended   INTEGER NOT NULL DEFAULT 0,
    input   INTEGER NOT NULL DEFAULT 0,
    exit    INTEGER NOT NULL DEFAULT 0,
    verdict TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE feed_files (
    id      INTEGER PRIMARY KEY,
    run     INTEGER NOT NULL REFERENCES runs (num),
    name    TEXT    NOT NULL,
    path    TEXT    NOT NULL,
    size    INTEGER NOT NULL,
    sha256  TEXT    NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX feed_files_run ON feed_files (run);
CREATE INDEX feed_files_name ON feed_files (name);
CREATE INDEX feed_files_sha256 ON feed_files (sha256);

CREATE TABLE parts (
    id        INTEGER PRIMARY KEY AUTOINCREMENT, -- also the name of its spool file
    run       INTEGER NOT NULL REFERENCES runs (num),
    name      TEXT    NOT NULL,                  -- '' only while its plan is open
    user_name TEXT    NOT NULL,
    wave      INTEGER NOT NULL,
    rows      INTEGER NOT NULL,
    size      INTEGER NOT NULL,
    sha256    TEXT    NOT NULL,
    state     TEXT    NOT NULL,
    temp      TEXT    NOT NULL DEFAULT '',
    planned   INTEGER NOT NULL,
    sent      INTEGER NOT NULL DEFAULT 0,
    load_id   TEXT    NOT NULL DEFAULT '',
    via       TEXT    NOT NULL DEFAULT '',
    verdict   TEXT    NOT NULL DEFAULT '',
    created   INTEGER NOT NULL DEFAULT -1,       -- as Coupa counts; -1 not known
    updated   INTEGER NOT NULL DEFAULT -1,
    note      TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX parts_run ON parts (run, wave, name);
CREATE INDEX parts_unfinished ON parts (run) WHERE state NOT IN ('settled', 'dropped');
-- A part is looked for by its name on the server and in Coupa's list: a second one of that name could not be told apart.
CREATE UNIQUE INDEX parts_name ON parts (name) WHERE name <> '';

CREATE TABLE moves (
    id         INTEGER PRIMARY KEY,
    part       INTEGER NOT NULL REFERENCES parts (id),
    from_state TEXT    NOT NULL,
    to_state   TEXT    NOT NULL, -- the same as from_state: only facts were added
    at         INTEGER NOT NULL,
    note       TEXT    NOT NULL
) STRICT;
CREATE INDEX moves_part ON moves (part);
CREATE TRIGGER moves_stay BEFORE UPDATE ON moves BEGIN
    SELECT RAISE(ABORT, 'a recorded move cannot be changed');
END;

-- Names of feed files, so that a row does not repeat them.
CREATE TABLE sources (
    id   INTEGER PRIMARY KEY,
    name TEXT    NOT NULL UNIQUE
) STRICT;

-- The id is part << 32 | part_row: rows lie in the order of their parts, so that a million of them are appended, counted
-- and settled without a second index. A row that went into no part hangs on its run instead: its part is the run's num,
-- negated, and its part_row counts on.
CREATE TABLE rows (
    id       INTEGER PRIMARY KEY,
    part     INTEGER GENERATED ALWAYS AS (id >> 32) VIRTUAL,
    part_row INTEGER GENERATED ALWAYS AS (id & 0xffffffff) VIRTUAL,
    source   INTEGER NOT NULL, -- sources.id
    line     INTEGER NOT NULL,
    lines    INTEGER NOT NULL CHECK (lines > 0),
    key      TEXT    NOT NULL,
    first    TEXT    NOT NULL,
    login    TEXT    NOT NULL,
    outcome  TEXT    NOT NULL,
    reason   TEXT    NOT NULL
) STRICT;

-- Everyone a row was ever applied for.
CREATE TABLE people (
    key   TEXT PRIMARY KEY,
    login TEXT NOT NULL, -- the last one that was sent, '' when none was
    seen  TEXT NOT NULL  -- id of the run that applied the last row
) STRICT, WITHOUT ROWID;
