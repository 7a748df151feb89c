-- Which limits of single columns count a row's person: their names in JSON, '' for none. It holds no value.
ALTER TABLE rows ADD COLUMN counted TEXT NOT NULL DEFAULT '';
