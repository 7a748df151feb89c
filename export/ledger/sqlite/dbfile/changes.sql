-- What a row would change of its person, with the values from before: those of retention.values. Rows of which no such difference
-- is known have none here, and neither have rows of new users.
CREATE TABLE changes (
    row   INTEGER PRIMARY KEY, -- rows.id
    cells TEXT    NOT NULL     -- JSON (ledger.Changes)
) STRICT;
