-- Mappings as they were, each once: most nights have the mapping of the night before.
CREATE TABLE mappings (
    sha256  TEXT PRIMARY KEY, -- of columns
    columns TEXT NOT NULL     -- JSON: [{"column": "Login", "expression": "login"}, ...] in the order of the config
) STRICT, WITHOUT ROWID;

-- Which mapping a run had. Runs of files by hand have none, and neither have runs from before this table.
CREATE TABLE run_mappings (
    run     INTEGER PRIMARY KEY REFERENCES runs (num) ON DELETE CASCADE,
    mapping TEXT NOT NULL REFERENCES mappings (sha256)
) STRICT;
