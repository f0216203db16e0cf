-- What was taken from lists (SQLite 3.37 or later). Without it nothing is lost but time, and what vanished since.

-- Each list, and how often it was read.
CREATE TABLE source (
    name TEXT PRIMARY KEY,
    run INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What stood in it.
CREATE TABLE listed (
    source TEXT NOT NULL,
    name TEXT NOT NULL, -- of the artifact
    fingerprint BLOB NOT NULL, -- SHA-256 of what was said of it
    run INTEGER NOT NULL, -- in which it was seen last
    gone INTEGER NOT NULL, -- whether it was noted to be gone since
    PRIMARY KEY (source, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX listed_by_fingerprint ON listed (source, fingerprint);
