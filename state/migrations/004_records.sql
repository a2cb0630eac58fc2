-- Generation 4.

-- What an item is at the target, beyond where it is.
ALTER TABLE item ADD COLUMN ref_text TEXT NOT NULL DEFAULT '';   -- how texts there refer to it
ALTER TABLE item ADD COLUMN version  TEXT NOT NULL DEFAULT '';   -- digest of it as we left it there
ALTER TABLE item ADD COLUMN content  TEXT NOT NULL DEFAULT '';   -- digest of what was written
ALTER TABLE item ADD COLUMN note     TEXT NOT NULL DEFAULT '';   -- what it lost there, or why it was skipped
ALTER TABLE item ADD COLUMN number   INTEGER NOT NULL DEFAULT 0; -- of an issue, change or discussion
ALTER TABLE item ADD COLUMN parent_kind TEXT NOT NULL DEFAULT '';
ALTER TABLE item ADD COLUMN parent_id   TEXT NOT NULL DEFAULT '';

CREATE INDEX item_note ON item (resource_id, kind, note) WHERE note <> '';
CREATE INDEX item_parent ON item (resource_id, parent_kind, parent_id) WHERE parent_id <> '';

-- From where the next reading of a stream may start, '' for the beginning, and
-- the digest of what was wanted of its records when the last one began.
ALTER TABLE stream ADD COLUMN since TEXT NOT NULL DEFAULT '';
ALTER TABLE stream ADD COLUMN terms TEXT NOT NULL DEFAULT '';

-- What texts refer to that was not at the target when they were written.
CREATE TABLE reference (
  resource_id INTEGER NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
  kind        TEXT NOT NULL,    -- of the item whose text refers
  source_id   TEXT NOT NULL,
  repository  TEXT NOT NULL,    -- its full name at the source; '' for the item's own
  name        TEXT NOT NULL,    -- as in the table of names; '' for the repository itself
  PRIMARY KEY (resource_id, kind, source_id, repository, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX resource_full_name ON resource (source, full_name COLLATE NOCASE);
