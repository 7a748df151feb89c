-- The columns of a row that HR's records lack and that went with what Coupa held, ", " between them.
ALTER TABLE rows ADD COLUMN completed TEXT NOT NULL DEFAULT '';
