-- Yields the memory of automation (SQLite): what was seen and taken at each source, what fails, what people are to be told.
-- files.state: seen (listed, not taken yet), placing (fetched, about to be renamed into the inbox), taken.
CREATE TABLE IF NOT EXISTS files (
  source TEXT NOT NULL,
  path TEXT NOT NULL,
  size INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('seen', 'placing', 'taken')),
  since REAL NOT NULL,
  listed_at REAL NOT NULL,
  PRIMARY KEY (source, path, size, modified)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS failures (
  subject TEXT NOT NULL PRIMARY KEY,
  times INTEGER NOT NULL,
  since REAL NOT NULL,
  retry_at REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS notices (
  key TEXT NOT NULL PRIMARY KEY,
  people TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at REAL NOT NULL,
  sent_at REAL
) WITHOUT ROWID;
