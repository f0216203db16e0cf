-- Times are microseconds since 1970, UTC. Lists are JSON arrays of texts.

CREATE TABLE token (
    id TEXT PRIMARY KEY,
    digest BLOB NOT NULL,  -- SHA-256 of the token; the token itself is nowhere
    agent TEXT NOT NULL,
    scopes TEXT NOT NULL,
    namespaces TEXT NOT NULL,
    publishers TEXT NOT NULL,
    made INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    used INTEGER,
    revoked INTEGER
) WITHOUT ROWID;

-- Answers to requests that carried a key, so that one that is repeated is not done twice.
CREATE TABLE request (
    token TEXT NOT NULL REFERENCES token (id),
    key TEXT NOT NULL,
    digest BLOB NOT NULL,
    time INTEGER NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (token, key)
) WITHOUT ROWID;
CREATE INDEX request_of ON request (time);
