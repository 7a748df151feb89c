-- When the users of a settled part were last read back, in nanoseconds; 0 is never.
ALTER TABLE parts ADD COLUMN read_back INTEGER NOT NULL DEFAULT 0;
