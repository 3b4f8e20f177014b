-- The history of exports (EXP-6): one row for each file that was written.
CREATE TABLE main.exports (
    export_id BIGINT NOT NULL,
    name VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    path VARCHAR NOT NULL,
    "rows" BIGINT NOT NULL,
    sha256 VARCHAR NOT NULL,
    manifest VARCHAR NOT NULL,
    taken_at TIMESTAMPTZ NOT NULL,
    format VARCHAR NOT NULL,
    audience VARCHAR NOT NULL,
    fields VARCHAR[] NOT NULL,
    definition VARCHAR NOT NULL,
    who VARCHAR NOT NULL
);

COMMENT ON TABLE main.exports IS 'Every snapshot file that was written';
COMMENT ON COLUMN main.exports.export_id IS 'Export';
COMMENT ON COLUMN main.exports.name IS 'Name in the declarations';
COMMENT ON COLUMN main.exports.status IS 'exported';
COMMENT ON COLUMN main.exports.path IS 'The file, where it was written';
COMMENT ON COLUMN main.exports."rows" IS 'Contacts in the file';
COMMENT ON COLUMN main.exports.sha256 IS 'SHA-256 of the file';
COMMENT ON COLUMN main.exports.manifest IS 'The manifest beside the file';
COMMENT ON COLUMN main.exports.taken_at IS 'The instant of the snapshot';
COMMENT ON COLUMN main.exports.format IS 'csv, txt or parquet';
COMMENT ON COLUMN main.exports.audience IS 'Who, in JSON';
COMMENT ON COLUMN main.exports.fields IS 'The exported fields, in order';
COMMENT ON COLUMN main.exports.definition IS 'The whole definition, in JSON';
COMMENT ON COLUMN main.exports.who IS 'Who asked';
