-- Two contacts made one (EXP-14), as it can be undone; who was noticed that inactive contacts are to be purged (EXP-13).
CREATE TABLE main.merges (
    import_id BIGINT NOT NULL,
    kept BIGINT NOT NULL,
    gone BIGINT NOT NULL
);

CREATE TABLE main.merged_events (
    import_id BIGINT NOT NULL,
    event_import BIGINT NOT NULL,
    event_id VARCHAR NOT NULL,
    key VARCHAR,
    shared BOOLEAN NOT NULL
);

CREATE TABLE main.merged_memberships (
    import_id BIGINT NOT NULL,
    member_of BIGINT NOT NULL
);

CREATE TABLE main.retention_notices (
    contact_id BIGINT NOT NULL,
    noticed_at TIMESTAMPTZ NOT NULL
);

-- The published copy is to have them too.
UPDATE main.counters SET value = value + 1 WHERE name = 'generation';

COMMENT ON TABLE main.merges IS 'Contacts that were merged into another one';
COMMENT ON COLUMN main.merges.import_id IS 'The merge, as `carnet undo` takes it';
COMMENT ON COLUMN main.merges.kept IS 'Contact that stayed';
COMMENT ON COLUMN main.merges.gone IS 'Contact that went into it';
COMMENT ON TABLE main.merged_events IS 'Events that a merge gave to the contact that stayed';
COMMENT ON COLUMN main.merged_events.import_id IS 'The merge';
COMMENT ON COLUMN main.merged_events.event_import IS 'Import that brought the event';
COMMENT ON COLUMN main.merged_events.event_id IS 'Event';
COMMENT ON COLUMN main.merged_events.key IS 'The address that its file named, where it was not the contact''s';
COMMENT ON COLUMN main.merged_events.shared IS 'Whether the contact that stayed had it too';
COMMENT ON TABLE main.merged_memberships IS 'Imports in which a merge counts the contact that stayed';
COMMENT ON COLUMN main.merged_memberships.import_id IS 'The merge';
COMMENT ON COLUMN main.merged_memberships.member_of IS 'Import that named the contact that went';
COMMENT ON TABLE main.retention_notices IS 'Contacts that were found inactive for as long as the retention says, and since when that is known';
COMMENT ON COLUMN main.retention_notices.contact_id IS 'Contact';
COMMENT ON COLUMN main.retention_notices.noticed_at IS 'First found';
