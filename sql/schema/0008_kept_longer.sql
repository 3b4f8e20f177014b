-- What is kept so that no consent is lost and no undo is silent: who put someone on the list, whose key it was (STA-5); the values of
-- the history that a changed format lost, and those that imports added to lists (IMP-15).
ALTER TABLE main.suppression_list ADD COLUMN by_key BOOLEAN DEFAULT true;
ALTER TABLE main.suppression_list ADD COLUMN who VARCHAR;

UPDATE main.suppression_list AS s
SET who = i.who
FROM main.imports AS i
WHERE s.source IN ('import ' || i.import_id, 'undo ' || i.import_id);

UPDATE main.suppression_list AS s
SET who = r.who
FROM main.revisions AS r
WHERE s.who IS NULL AND s.source = r.source AND s.occurred_at = r.occurred_at;

CREATE TABLE main.unconverted_values (
    revision_id BIGINT NOT NULL,
    contact_id BIGINT NOT NULL,
    field VARCHAR NOT NULL,
    "column" VARCHAR NOT NULL
);

CREATE TABLE main.added_values (
    import_id BIGINT NOT NULL,
    field VARCHAR NOT NULL,
    "value" VARCHAR NOT NULL
);

-- The published copy is to have them too.
UPDATE main.counters SET value = value + 1 WHERE name = 'generation';

COMMENT ON COLUMN main.suppression_list.by_key IS 'Whether it was the uniqueness key; else the other address of a contact';
COMMENT ON COLUMN main.suppression_list.who IS 'Who asked';
COMMENT ON TABLE main.unconverted_values IS 'Values of the history that a changed format of their field lost';
COMMENT ON COLUMN main.unconverted_values.revision_id IS 'The version that held it';
COMMENT ON COLUMN main.unconverted_values.contact_id IS 'Contact';
COMMENT ON COLUMN main.unconverted_values.field IS 'Field';
COMMENT ON COLUMN main.unconverted_values."column" IS 'Its column: the value after the change, or before it ("former:…")';
COMMENT ON TABLE main.added_values IS 'Values that imports added to the lists of selects';
COMMENT ON COLUMN main.added_values.import_id IS 'Import';
COMMENT ON COLUMN main.added_values.field IS 'Field';
COMMENT ON COLUMN main.added_values."value" IS 'Value';
