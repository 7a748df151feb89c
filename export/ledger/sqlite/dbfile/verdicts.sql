-- What a run came to is a word, and what became later of the records that it kept stands beside it.
ALTER TABLE runs ADD COLUMN given_up_by TEXT NOT NULL DEFAULT ''; -- the person who has given them up, or the run itself
ALTER TABLE runs ADD COLUMN planned_by TEXT NOT NULL DEFAULT '';  -- the id of the run that has planned them again
UPDATE runs SET given_up_by = substr(verdict, instr(verdict, ', given up by ') + length(', given up by ')),
    verdict = substr(verdict, 1, instr(verdict, ', given up by ') - 1)
    WHERE verdict GLOB 'held, given up by *' OR verdict GLOB 'waiting, given up by *' OR verdict GLOB 'interrupted, given up by *';
UPDATE runs SET planned_by = substr(verdict, instr(verdict, ', planned again by run ') + length(', planned again by run ')),
    verdict = substr(verdict, 1, instr(verdict, ', planned again by run ') - 1)
    WHERE verdict GLOB 'held, planned again by run *' OR verdict GLOB 'waiting, planned again by run *';

-- ended says the same in words; '' while they are kept, or it counts.
ALTER TABLE kept ADD COLUMN given_up_by TEXT NOT NULL DEFAULT '';
UPDATE kept SET given_up_by = substr(ended, length('given up by ') + 1) WHERE ended GLOB 'given up by *';
ALTER TABLE approvals ADD COLUMN given_up_by TEXT NOT NULL DEFAULT ''; -- with the run that it was for
ALTER TABLE approvals ADD COLUMN used_by TEXT NOT NULL DEFAULT '';     -- the id of the run that went because of it
UPDATE approvals SET given_up_by = substr(ended, length('given up by ') + 1) WHERE ended GLOB 'given up by *';
UPDATE approvals SET used_by = substr(ended, length('used by run ') + 1) WHERE ended GLOB 'used by run *';

-- Which limits hold a run: a list in JSON, '' for none. It was a sentence a line.
UPDATE runs SET held = breaches(held) WHERE held <> '';
