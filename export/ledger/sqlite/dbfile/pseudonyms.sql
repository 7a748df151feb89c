-- The key of the pseudonyms that logs name people by; one row. It stays what it is, so that a person is called the same in
-- every log, and goes into each backup.
CREATE TABLE pseudonyms (
    key BLOB NOT NULL CHECK (length(key) = 32)
) STRICT;
INSERT INTO pseudonyms (key) VALUES (randomblob(32));
