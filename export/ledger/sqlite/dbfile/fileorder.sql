-- When a feed file was last changed, as its folder said; 0 is not known.
ALTER TABLE feed_files ADD COLUMN modified INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pruned_files ADD COLUMN modified INTEGER NOT NULL DEFAULT 0;

-- Feed files that came later than newer ones and were passed over. They stay: a file that HR still shows must not be reported again.
CREATE TABLE late_files (
    name   TEXT    NOT NULL,
    sha256 TEXT    NOT NULL,
    size   INTEGER NOT NULL,
    newer  TEXT    NOT NULL, -- name of the file that was planned before it
    found  INTEGER NOT NULL,
    PRIMARY KEY (name, sha256)
) STRICT, WITHOUT ROWID;
