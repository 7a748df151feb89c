-- The cells of a run that are not HR's, by an override of the config: row, column and where the override stands, as JSON. No values.
CREATE TABLE overridden (
    run   INTEGER PRIMARY KEY, -- runs.num
    cells TEXT NOT NULL
) STRICT;
