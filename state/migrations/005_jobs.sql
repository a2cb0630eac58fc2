-- Generation 5.

-- Imports that forges carry out by themselves: the last of each resource.
CREATE TABLE job (
  resource_id INTEGER PRIMARY KEY REFERENCES resource (id) ON DELETE CASCADE,
  state       TEXT NOT NULL,    -- '' when it was about to be started
  job         TEXT NOT NULL     -- JSON, without the entities
) STRICT;

-- The groups and projects of a direct transfer.
CREATE TABLE job_entity (
  resource_id INTEGER NOT NULL REFERENCES job (resource_id) ON DELETE CASCADE,
  position    INTEGER NOT NULL,
  entity      TEXT NOT NULL,    -- JSON
  PRIMARY KEY (resource_id, position)
) STRICT, WITHOUT ROWID;

-- The forge's own name of an error that a forge met.
ALTER TABLE failure ADD COLUMN class TEXT NOT NULL DEFAULT '';
