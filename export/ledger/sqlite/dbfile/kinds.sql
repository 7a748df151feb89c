-- In which ways a row would change its person: the bits of package ledger's storedKinds, 0 where that is not known.
ALTER TABLE rows ADD COLUMN kinds INTEGER NOT NULL DEFAULT 0;
