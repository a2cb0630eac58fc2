-- Generation 3.

-- What was counted when a resource's history was last read and rewritten: the
-- JSON of schema.Conversion.
CREATE TABLE conversion (
  resource_id INTEGER PRIMARY KEY REFERENCES resource (id) ON DELETE CASCADE,
  facts       TEXT NOT NULL
) STRICT;

-- What the source holds and the target's git cannot.
CREATE TABLE loss (
  resource_id INTEGER NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
  stage       TEXT NOT NULL,    -- that met it
  position    INTEGER NOT NULL,
  code        TEXT NOT NULL,
  message     TEXT NOT NULL,
  path        TEXT NOT NULL,
  ref         TEXT NOT NULL,
  revision    TEXT NOT NULL,
  count       INTEGER NOT NULL,
  PRIMARY KEY (resource_id, stage, position)
) STRICT, WITHOUT ROWID;

-- Which commit stands for which revision of the source, in its order.
CREATE TABLE revision (
  resource_id INTEGER NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
  position    INTEGER NOT NULL,
  revision    TEXT NOT NULL,
  commit_id   TEXT NOT NULL,
  branch      TEXT NOT NULL,
  PRIMARY KEY (resource_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX revision_name   ON revision (resource_id, revision);
CREATE INDEX revision_commit ON revision (resource_id, commit_id);
