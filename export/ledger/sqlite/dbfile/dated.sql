-- Records of HR's that hold from a later day on. One is removed once a plan has taken it up, or newer records have replaced all of it.
-- The run and its rows may be pruned before that.
CREATE TABLE dated (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    run    TEXT    NOT NULL, -- the run whose rows have it
    key    TEXT    NOT NULL, -- its person
    day    TEXT    NOT NULL, -- as 2006-01-02
    zone   TEXT    NOT NULL, -- the time zone in which the day begins
    file   TEXT    NOT NULL, -- name of the feed file, @ and the run that read it first
    line   INTEGER NOT NULL,
    fields TEXT    NOT NULL  -- JSON object: the fields that have a value
) STRICT;
