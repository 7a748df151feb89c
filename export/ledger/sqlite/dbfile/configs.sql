-- What of the config decides about the rows of a plan, each once: most nights have the config of the night before.
CREATE TABLE configs (
    sha256  TEXT PRIMARY KEY, -- of digests
    digests TEXT NOT NULL     -- JSON object: path of a value to the SHA-256 of the value
) STRICT, WITHOUT ROWID;

-- Which config a run had. Runs from before this table have none, and neither have runs that planned nothing by a mapping.
CREATE TABLE run_configs (
    run    INTEGER PRIMARY KEY REFERENCES runs (num) ON DELETE CASCADE,
    config TEXT NOT NULL REFERENCES configs (sha256)
) STRICT;
