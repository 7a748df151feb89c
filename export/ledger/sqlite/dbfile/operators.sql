-- Who has started a run or given an approval, as the operating system knows them: a JSON object, '' for one of an earlier version.
ALTER TABLE runs ADD COLUMN operator TEXT NOT NULL DEFAULT '';
ALTER TABLE approvals ADD COLUMN operator TEXT NOT NULL DEFAULT '';

-- Why an approval counted for nothing, '' where it counts or did count. ended says the same in words.
ALTER TABLE approvals ADD COLUMN void TEXT NOT NULL DEFAULT '';
