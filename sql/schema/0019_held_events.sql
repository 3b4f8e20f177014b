-- Files of events that the base holds in its lake (LAK-3), as of one snapshot of the table there: theirs are the base's events as well.
CREATE TABLE main.held_files (
    address VARCHAR NOT NULL,
    events BIGINT NOT NULL,
    snapshot BIGINT NOT NULL
);

-- The published copy is to have it too.
UPDATE main.counters SET value = value + 1 WHERE name = 'generation';

COMMENT ON TABLE main.held_files IS 'Files of the lake that hold events of the base';
COMMENT ON COLUMN main.held_files.address IS 'Where the file lies';
COMMENT ON COLUMN main.held_files.events IS 'How many events it holds';
COMMENT ON COLUMN main.held_files.snapshot IS 'Snapshot of the lake''s table that has these files';
