-- What was a text of each row is a list: faults has a JSON list of why it stands as it does, '' for none, and reason is ''
-- from now on. The mapping of a run tells where faults begin in the rows that it has held back.
ALTER TABLE rows ADD COLUMN faults TEXT NOT NULL DEFAULT '';
UPDATE rows SET reason = '', faults = faults(reason, iif(outcome <> 'quarantined' OR id > 0, '', coalesce(
    (SELECT columns FROM mappings WHERE sha256 = (SELECT mapping FROM run_mappings WHERE run = -(rows.id >> 32))), '')))
    WHERE reason <> '';

-- completed has a JSON list too. The login, the e-mail address and the two names are all that was ever completed.
UPDATE rows SET completed = '["' || replace(completed, ', ', '","') || '"]' WHERE completed <> '';
