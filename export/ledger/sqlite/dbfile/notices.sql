-- What is wrong, from the start that first met it until one that ends without it. Runs are named by their id, since what
-- kept a run from being planned is an incident too and has none.
CREATE TABLE incidents (
    id     INTEGER PRIMARY KEY,
    kind   TEXT    NOT NULL,
    cause  TEXT    NOT NULL,
    owner  TEXT    NOT NULL,
    begun  INTEGER NOT NULL,
    last   INTEGER NOT NULL,           -- the latest start that met it
    run    TEXT    NOT NULL,           -- the first run that had it, '' where none was planned
    starts INTEGER NOT NULL,
    told   INTEGER NOT NULL,
    ended  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX incidents_open ON incidents (kind, cause, owner) WHERE ended = 0;

-- Messages to people: written down first, then sent, by this start or a later one.
CREATE TABLE notices (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    target   TEXT    NOT NULL,            -- its name in the config
    message  TEXT    NOT NULL,            -- JSON
    made     INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    tried    INTEGER NOT NULL DEFAULT 0,
    error    TEXT    NOT NULL DEFAULT '', -- of the last attempt
    done     INTEGER NOT NULL DEFAULT 0,  -- when it was sent, or given up
    given_up TEXT    NOT NULL DEFAULT ''  -- why it never will be sent
) STRICT;
CREATE INDEX notices_due ON notices (id) WHERE done = 0;
