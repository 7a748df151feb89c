-- Why a part is in its state was a sentence with what to do in it: notes has a JSON list of facts, '' for none, and note is ''
-- from now on.
ALTER TABLE parts ADD COLUMN notes TEXT NOT NULL DEFAULT '';
UPDATE parts SET note = '', notes = notes(note) WHERE note <> '';

-- A recorded move cannot be changed, except here, where its words become facts.
DROP TRIGGER moves_stay;
ALTER TABLE moves ADD COLUMN notes TEXT NOT NULL DEFAULT '';
UPDATE moves SET note = '', notes = notes(note) WHERE note <> '';
CREATE TRIGGER moves_stay BEFORE UPDATE ON moves BEGIN
    SELECT RAISE(ABORT, 'a recorded move cannot be changed');
END;
