-- The index of a registry (SQLite 3.37 or later). A projection of the journal: nothing here is the only copy.

-- How far the journal has been taken in: one row.
CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    position INTEGER NOT NULL,
    chain TEXT NOT NULL
) STRICT;
INSERT INTO state VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- When journal entries were written. Clocks go back now and then: an entry counts as no earlier than those
-- before it, so that time and sequence agree.
CREATE TABLE moment (
    time INTEGER NOT NULL, -- microseconds since 1970
    seq INTEGER NOT NULL,
    PRIMARY KEY (time, seq)
) STRICT, WITHOUT ROWID;

-- Texts that many rows share: kinds, relations, evidence, versions, ranges, agents, publishers, licences.
CREATE TABLE term (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;

-- Whatever is recorded, or named by a link. Names under the registry's base, IRIs elsewhere.
CREATE TABLE artifact (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE record (
    seq INTEGER PRIMARY KEY, -- of the journal entry that published it
    artifact INTEGER NOT NULL REFERENCES artifact,
    key BLOB NOT NULL, -- the version's sort key
    prerelease INTEGER NOT NULL,
    version INTEGER NOT NULL REFERENCES term,
    kind INTEGER NOT NULL REFERENCES term,
    publisher INTEGER NOT NULL REFERENCES term,
    license INTEGER NOT NULL REFERENCES term,
    agent INTEGER NOT NULL REFERENCES term,
    location INTEGER NOT NULL,
    time INTEGER NOT NULL, -- microseconds since 1970
    revision TEXT NOT NULL,
    digest TEXT NOT NULL,
    title TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX record_by_version ON record (artifact, key);

CREATE TABLE withdrawal (
    record INTEGER PRIMARY KEY REFERENCES record,
    seq INTEGER NOT NULL,
    time INTEGER NOT NULL,
    agent INTEGER NOT NULL REFERENCES term,
    reason TEXT NOT NULL
) STRICT;

-- When artifacts were noted to be gone from where they were published.
CREATE TABLE vanishing (
    seq INTEGER PRIMARY KEY,
    record INTEGER NOT NULL REFERENCES record,
    artifact INTEGER NOT NULL REFERENCES artifact,
    time INTEGER NOT NULL,
    agent INTEGER NOT NULL REFERENCES term,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX vanishing_of ON vanishing (artifact);

-- The best record of each recorded artifact, as of now.
CREATE TABLE standing (
    artifact INTEGER PRIMARY KEY REFERENCES artifact,
    record INTEGER NOT NULL REFERENCES record,
    skeleton TEXT NOT NULL
) STRICT;
CREATE INDEX standing_by_skeleton ON standing (skeleton);

CREATE TABLE link (
    record INTEGER NOT NULL REFERENCES record,
    number INTEGER NOT NULL,
    target INTEGER NOT NULL REFERENCES artifact,
    relation INTEGER NOT NULL REFERENCES term,
    versions INTEGER REFERENCES term, -- NULL is every version
    revision TEXT, -- NULL is none
    evidence INTEGER NOT NULL REFERENCES term,
    inherit INTEGER NOT NULL,
    external INTEGER NOT NULL,
    name TEXT NOT NULL, -- the record's artifact's name
    iri TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (record, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX link_by_target ON link (target, record, name);

-- Once more the links, by what they say of what they name; walking downstream reads this and nothing else.
-- They fill a chunk before the next is begun, in order of publication.
CREATE TABLE strand (
    target INTEGER NOT NULL REFERENCES artifact,
    relation INTEGER NOT NULL REFERENCES term,
    versions INTEGER NOT NULL, -- term; 0 is every version
    revision TEXT NOT NULL, -- empty is none
    evidence INTEGER NOT NULL REFERENCES term,
    chunk INTEGER NOT NULL, -- from 0
    -- Columns of one length, one after the other, of unsigned little-endian numbers of four bytes: records, numbers of
    -- their links, records' artifacts and versions (terms).
    numbers BLOB NOT NULL,
    names TEXT NOT NULL, -- of the records' artifacts, a line each
    -- An index beside the rows: most artifacts are named by nobody, and what is narrow is searched faster.
    PRIMARY KEY (target, relation, versions, revision, evidence, chunk)
) STRICT;

-- Which artifacts are named by links: a bit for each, the lowest of a byte first. Most are not, and need not be looked for.
CREATE TABLE named (
    page INTEGER PRIMARY KEY, -- of 8,192 artifacts
    bits BLOB NOT NULL
) STRICT;

-- Registries whose records are taken over. Their artifacts are named `label/NAME`.
CREATE TABLE peer (
    label TEXT PRIMARY KEY,
    base TEXT NOT NULL UNIQUE,
    seq INTEGER NOT NULL, -- of the journal entry that first named it
    address TEXT NOT NULL,
    position INTEGER NOT NULL,
    chain TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What advisories and statements speak of: names under the registry's base, IRIs elsewhere.
CREATE TABLE subject (
    name TEXT NOT NULL,
    record INTEGER NOT NULL REFERENCES record,
    PRIMARY KEY (name, record)
) STRICT, WITHOUT ROWID;

-- The values by which listings choose records, and which they count.
CREATE TABLE tag (
    record INTEGER NOT NULL REFERENCES record,
    facet INTEGER NOT NULL REFERENCES term,
    value INTEGER NOT NULL REFERENCES term,
    PRIMARY KEY (record, facet, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_by_value ON tag (facet, value, record);

-- The files that records name, by what stands for their bytes: key of the property, a colon, and the value.
CREATE TABLE fingerprint (
    digest TEXT NOT NULL,
    record INTEGER NOT NULL REFERENCES record,
    PRIMARY KEY (digest, record)
) STRICT, WITHOUT ROWID;

-- What searching looks into. The row of a record has its sequence number; an artifact that a link names
-- before it is recorded has a row of its name only, numbered minus its id.
CREATE VIRTUAL TABLE words USING fts5 (name, title, keywords, publisher, description, tokenize = 'trigram');
