-- Times are microseconds since 1970, UTC.

CREATE TABLE state (position INTEGER NOT NULL, policy TEXT NOT NULL);
INSERT INTO state VALUES (0, '');

-- Where records stand now; `event` is the event that told of it.
CREATE TABLE standing (
    advisory TEXT NOT NULL,
    record TEXT NOT NULL,
    answer TEXT NOT NULL,
    severity TEXT NOT NULL,
    publishers TEXT NOT NULL,
    kind TEXT NOT NULL,
    path TEXT NOT NULL,
    event INTEGER NOT NULL,
    PRIMARY KEY (advisory, record)
) WITHOUT ROWID;

CREATE TABLE event (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    record TEXT NOT NULL,
    advisory TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    answer TEXT NOT NULL,
    severity TEXT NOT NULL,
    path TEXT NOT NULL,
    time INTEGER NOT NULL,
    seq INTEGER NOT NULL
);
CREATE INDEX event_of ON event (record, advisory);
CREATE INDEX event_by ON event (advisory);

CREATE TABLE subscription (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    who TEXT NOT NULL,
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    secret TEXT NOT NULL,
    digest TEXT NOT NULL,
    choice TEXT NOT NULL,  -- the rest, as JSON
    made INTEGER NOT NULL,
    seen INTEGER NOT NULL,  -- the last event that its query was asked about
    off TEXT NOT NULL DEFAULT '',
    trouble TEXT NOT NULL DEFAULT ''
);

-- What a subscriber is told: each event once. Without a message it waits: for the end of a digest's
-- period, for the end of an ignore (`held`), or for nothing, if the subscriber reads a feed.
CREATE TABLE notice (
    subscription INTEGER NOT NULL REFERENCES subscription ON DELETE CASCADE,
    event INTEGER NOT NULL REFERENCES event,
    message INTEGER REFERENCES message ON DELETE CASCADE,
    held INTEGER,
    PRIMARY KEY (subscription, event)
) WITHOUT ROWID;
CREATE INDEX notice_in ON notice (message) WHERE message IS NOT NULL;
CREATE INDEX notice_waiting ON notice (subscription, message) WHERE message IS NULL;
CREATE INDEX notice_held ON notice (held) WHERE held IS NOT NULL;

-- The outbox.
CREATE TABLE message (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    subscription INTEGER NOT NULL REFERENCES subscription ON DELETE CASCADE,
    made INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'dead')),
    due INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    detail TEXT NOT NULL DEFAULT ''
);
CREATE INDEX message_due ON message (due) WHERE state = 'pending';
CREATE INDEX message_to ON message (subscription);

CREATE TABLE ignore (
    number INTEGER PRIMARY KEY,
    target TEXT NOT NULL,
    advisory TEXT NOT NULL,
    reason TEXT NOT NULL,
    until INTEGER NOT NULL,
    who TEXT NOT NULL
);
CREATE INDEX ignore_of ON ignore (target, advisory);

CREATE TABLE acknowledgement (
    number INTEGER PRIMARY KEY,
    record TEXT NOT NULL,
    advisory TEXT NOT NULL,
    who TEXT NOT NULL,
    note TEXT NOT NULL,
    time INTEGER NOT NULL,
    seq INTEGER NOT NULL
);
CREATE INDEX acknowledgement_of ON acknowledgement (record, advisory);
