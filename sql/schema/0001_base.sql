-- The tables of every base; the columns of `contacts` follow the declared fields (pipelines/base/columns.py).
CREATE TABLE main.contacts (contact_id BIGINT NOT NULL);

CREATE TABLE main.fields (
    field_id BIGINT NOT NULL,
    name VARCHAR NOT NULL,
    label VARCHAR NOT NULL,
    format VARCHAR NOT NULL,
    position INTEGER NOT NULL,
    "values" VARCHAR[]
);

CREATE TABLE main.imports (
    import_id BIGINT NOT NULL,
    name VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    action VARCHAR NOT NULL,
    file VARCHAR NOT NULL,
    size BIGINT NOT NULL,
    sha256 VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    "rows" BIGINT NOT NULL,
    inserted BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    deleted BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    skipped_by_action BIGINT NOT NULL,
    suppressed BIGINT NOT NULL,
    warnings BIGINT NOT NULL,
    hard BIGINT NOT NULL,
    suppression_list BIGINT NOT NULL,
    orange_list BIGINT NOT NULL,
    unsubscribed BIGINT NOT NULL,
    no_consent BIGINT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ NOT NULL,
    who VARCHAR NOT NULL,
    separator VARCHAR NOT NULL,
    header VARCHAR[],
    "partition" VARCHAR NOT NULL,
    declaration VARCHAR NOT NULL,
    taken_from VARCHAR,
    rejects_file VARCHAR,
    report VARCHAR,
    mended_file VARCHAR,
    filed BOOLEAN NOT NULL
);

CREATE TABLE main.import_contacts (
    import_id BIGINT NOT NULL,
    contact_id BIGINT NOT NULL,
    outcome VARCHAR NOT NULL
);

CREATE TABLE main.import_rejects (
    import_id BIGINT NOT NULL,
    line BIGINT NOT NULL,
    reasons VARCHAR[] NOT NULL,
    cells VARCHAR[] NOT NULL
);

CREATE TABLE main.counters (name VARCHAR NOT NULL, value BIGINT NOT NULL);
INSERT INTO main.counters VALUES ('contact_id', 0), ('import_id', 0), ('export_id', 0), ('generation', 0);

CREATE TABLE main.settings (name VARCHAR NOT NULL, value VARCHAR NOT NULL);

COMMENT ON TABLE main.contacts IS 'One row per contact';
COMMENT ON TABLE main.fields IS 'The fields of contacts, in order, with the values that selects may take';
COMMENT ON TABLE main.imports IS 'Every file that was imported or refused, with its counts';
COMMENT ON TABLE main.import_contacts IS 'What each import did to each contact that its file named';
COMMENT ON TABLE main.import_rejects IS 'Rows that an import refused, with every reason';
COMMENT ON TABLE main.counters IS 'Last number given: contact and import ids are never reused';
COMMENT ON TABLE main.settings IS 'What the base was created with';
