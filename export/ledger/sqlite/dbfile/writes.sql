-- The way a part goes: '' is a file, api is calls.
ALTER TABLE parts ADD COLUMN route TEXT NOT NULL DEFAULT '';

-- What was begun of the rows of parts that go by API: before the first call that changes a user, and after the last.
CREATE TABLE writes (
    id       INTEGER PRIMARY KEY,          -- rows.id
    coupa_id TEXT    NOT NULL,             -- '' for a create that was not answered
    created  INTEGER NOT NULL DEFAULT 0,   -- 1: the user was made by this row
    emptied  TEXT    NOT NULL DEFAULT '',  -- JSON: lists, by column, with the names they had before a call emptied them
    begun    INTEGER NOT NULL,
    answered INTEGER NOT NULL DEFAULT 0
) STRICT;
