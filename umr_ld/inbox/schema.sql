-- Times are microseconds since 1970, UTC.

CREATE TABLE notification (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- of one that was dropped none is used again
    digest TEXT NOT NULL UNIQUE,  -- SHA-256 of the body
    received INTEGER NOT NULL,
    sender TEXT NOT NULL,
    state TEXT NOT NULL,
    by TEXT NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    id TEXT NOT NULL,
    summary TEXT NOT NULL,
    about TEXT NOT NULL,  -- JSON array of IRIs
    size INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX notification_of ON notification (state, sender);
CREATE INDEX notification_size ON notification (size);
