-- Generation 2.

-- The names by which texts refer to items, so that references can be rewritten
-- once both ends of them are at the target.

CREATE TABLE name (
  resource_id INTEGER NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
  name        TEXT NOT NULL,    -- at the source: #12, !7, or a URL
  kind        TEXT NOT NULL,
  source_id   TEXT NOT NULL,
  becomes     TEXT NOT NULL,    -- at the target: #15; '' where only the URL is known
  PRIMARY KEY (resource_id, name)
) STRICT, WITHOUT ROWID;

-- How many repositories a discover block listed at the last apply, so that a
-- listing that shrank is noticed.
CREATE TABLE listing (
  address TEXT PRIMARY KEY,
  items   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
