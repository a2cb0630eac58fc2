-- Generation 1. Times are RFC 3339 text in UTC; keys are text, so that the
-- file can be read with any SQLite shell.

PRAGMA application_id = 0x44525652; -- "DRVR"

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta (key, value) VALUES
  ('generation', '0'),  -- runs begun so far
  ('min_reader', '1');  -- oldest schema generation that can read this file

CREATE TABLE run (
  number    INTEGER PRIMARY KEY,
  id        TEXT NOT NULL UNIQUE,
  kind      TEXT NOT NULL,
  started   TEXT NOT NULL,
  ended     TEXT NOT NULL,   -- '' while it runs
  outcome   TEXT NOT NULL,
  version   TEXT NOT NULL,
  actor     TEXT NOT NULL,
  host      TEXT NOT NULL,
  pid       INTEGER NOT NULL,
  changeset TEXT NOT NULL,
  summary   TEXT NOT NULL
) STRICT;

-- The run that is active. Information only: the kernel's lock decides.
CREATE TABLE owner (
  one       INTEGER PRIMARY KEY CHECK (one = 1),
  run       TEXT NOT NULL REFERENCES run (id),
  heartbeat TEXT NOT NULL
) STRICT;

CREATE TABLE cancel_request (
  run     TEXT NOT NULL REFERENCES run (id),
  address TEXT NOT NULL,     -- '' means the whole run
  PRIMARY KEY (run, address)
) STRICT, WITHOUT ROWID;

-- AUTOINCREMENT, because history outlives a resource and must not meet
-- another one under the same id.
CREATE TABLE resource (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  address       TEXT NOT NULL UNIQUE,
  source        TEXT NOT NULL,
  identity      TEXT NOT NULL,
  full_name     TEXT NOT NULL,
  source_url    TEXT NOT NULL,
  source_name   TEXT NOT NULL,
  target        TEXT NOT NULL,
  namespace     TEXT NOT NULL,
  name          TEXT NOT NULL,
  ref_id        TEXT NOT NULL,
  ref_url       TEXT NOT NULL,
  connections   TEXT,
  phase         TEXT NOT NULL,
  stage         TEXT NOT NULL,
  settings      TEXT,
  settings_hash TEXT NOT NULL,
  authors_hash  TEXT NOT NULL,
  source_hash   TEXT NOT NULL,
  etag          TEXT NOT NULL,
  refs_hash     TEXT NOT NULL,
  source_refs   TEXT NOT NULL,
  commit_count  INTEGER NOT NULL,
  changeset     TEXT NOT NULL,
  rev           INTEGER NOT NULL,
  epoch         INTEGER NOT NULL,
  run           TEXT NOT NULL REFERENCES run (id),
  created_at    TEXT NOT NULL,
  updated_at    TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX resource_place  ON resource (target, namespace, name)  WHERE name <> '';
CREATE UNIQUE INDEX resource_origin ON resource (source, identity, target) WHERE identity <> '';

-- One row per resource and run that wrote it. There is no foreign key to
-- resource: history stays when a resource is forgotten.
CREATE TABLE history (
  resource_id INTEGER NOT NULL,
  run         TEXT NOT NULL REFERENCES run (id),
  rev         INTEGER NOT NULL,
  at          TEXT NOT NULL,
  address     TEXT NOT NULL,
  entry       TEXT,          -- JSON after the run; NULL when it was forgotten
  PRIMARY KEY (resource_id, run)
) STRICT, WITHOUT ROWID;

CREATE INDEX history_address ON history (address);

CREATE TABLE git_ref (
  resource_id INTEGER NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
  side        TEXT NOT NULL,
  name        TEXT NOT NULL,
  object      TEXT NOT NULL,
  PRIMARY KEY (resource_id, side, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE stream (
  resource_id INTEGER NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
  name        TEXT NOT NULL,
  pass        INTEGER NOT NULL,
  done        INTEGER NOT NULL CHECK (done IN (0, 1)),
  cursor      TEXT NOT NULL,
  validator   TEXT NOT NULL,
  PRIMARY KEY (resource_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE stream_count (
  resource_id INTEGER NOT NULL,
  stream      TEXT NOT NULL,
  kind        TEXT NOT NULL,
  source      INTEGER NOT NULL,
  PRIMARY KEY (resource_id, stream, kind),
  FOREIGN KEY (resource_id, stream) REFERENCES stream (resource_id, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE item (
  resource_id INTEGER NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
  kind        TEXT NOT NULL,
  source_id   TEXT NOT NULL,
  revision    TEXT NOT NULL,
  ref_id      TEXT NOT NULL,
  ref_url     TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('intent', 'done', 'failed', 'skipped', 'gone')),
  stream      TEXT NOT NULL, -- the stream that yielded it last, '' when none did yet
  seen        INTEGER NOT NULL, -- the pass of that stream
  PRIMARY KEY (resource_id, kind, source_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX item_intent ON item (resource_id) WHERE state = 'intent';

CREATE TABLE account (
  resource_id INTEGER NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
  kind        TEXT NOT NULL,
  source      INTEGER NOT NULL,
  fetched     INTEGER NOT NULL,
  imported    INTEGER NOT NULL,
  skipped     INTEGER NOT NULL,
  failed      INTEGER NOT NULL,
  PRIMARY KEY (resource_id, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE failure (
  id             INTEGER PRIMARY KEY,
  resource_id    INTEGER NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
  kind           TEXT NOT NULL, -- '' when the stage failed, not an item of it
  source_id      TEXT NOT NULL,
  title          TEXT NOT NULL,
  url            TEXT NOT NULL,
  stage          TEXT NOT NULL,
  step           TEXT NOT NULL,
  code           TEXT NOT NULL,
  message        TEXT NOT NULL,
  hint           TEXT NOT NULL,
  correlation_id TEXT NOT NULL,
  run            TEXT NOT NULL REFERENCES run (id),
  at             TEXT NOT NULL,
  resolved       TEXT REFERENCES run (id) -- the run that got past it
) STRICT;

CREATE UNIQUE INDEX failure_open ON failure (resource_id, kind, source_id, stage) WHERE resolved IS NULL;
