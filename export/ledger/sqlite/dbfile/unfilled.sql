-- Lists of a row's person, by column, that a call has emptied, or may have, and that nobody has seen filled since: a JSON
-- list of keys of emptied; '' where there are none.
ALTER TABLE writes ADD COLUMN unfilled TEXT NOT NULL DEFAULT '';

-- Of rows without an answer nobody knows, whatever a person has said about their part; of those whose lists could not be
-- put back it is known.
UPDATE writes SET unfilled = (SELECT json_group_array(key) FROM json_each(emptied))
    WHERE emptied <> '' AND json_valid(emptied) AND (answered = 0
        OR (SELECT reason FROM rows WHERE rows.id = writes.id) LIKE '%could not be put back, and nobody but you can do it now');

CREATE INDEX writes_unfilled ON writes (id) WHERE unfilled <> '';
