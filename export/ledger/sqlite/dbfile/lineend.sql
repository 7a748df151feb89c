-- How the last line of a feed file ended: ended, open, or cut where the plan took the file for one that was cut off; '' is
-- not known.
ALTER TABLE feed_files ADD COLUMN line_end TEXT NOT NULL DEFAULT '';
