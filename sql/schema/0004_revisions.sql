-- Every change of contacts: who made it, the rows before and after (their columns follow the fields: pipelines/base/versions.py), consents.
CREATE TABLE main.revisions (
    revision_id BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    import_id BIGINT,
    source VARCHAR NOT NULL,
    who VARCHAR NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    undone BOOLEAN NOT NULL
);

CREATE TABLE main.contact_versions (
    revision_id BIGINT NOT NULL,
    contact_id BIGINT NOT NULL,
    outcome VARCHAR NOT NULL
);

CREATE TABLE main.consents (
    contact_id BIGINT NOT NULL,
    channel VARCHAR NOT NULL,
    old VARCHAR,
    new VARCHAR,
    occurred_at TIMESTAMPTZ NOT NULL,
    source VARCHAR NOT NULL,
    who VARCHAR NOT NULL
);

CREATE TABLE main.suppression_list (
    channel VARCHAR NOT NULL,
    key VARCHAR,
    key_hash VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    source VARCHAR NOT NULL
);

ALTER TABLE main.imports ADD COLUMN undone_by BIGINT;
ALTER TABLE main.imports ADD COLUMN trimmed BOOLEAN DEFAULT false;
INSERT INTO main.counters VALUES ('revision_id', 0);

COMMENT ON TABLE main.revisions IS 'Each import, edit by hand or undo that changed contacts';
COMMENT ON TABLE main.contact_versions IS 'Contacts before ("former:…") and after each revision; the view `changes` is easier to read';
COMMENT ON TABLE main.consents IS 'Every change of a consent';
COMMENT ON TABLE main.suppression_list IS 'Consents that are kept without a contact, and the account''s suppression list';
COMMENT ON COLUMN main.consents.contact_id IS 'Contact';
COMMENT ON COLUMN main.consents.channel IS 'email or sms';
COMMENT ON COLUMN main.consents.old IS 'Before';
COMMENT ON COLUMN main.consents.new IS 'After';
COMMENT ON COLUMN main.consents.occurred_at IS 'When';
COMMENT ON COLUMN main.consents.source IS 'By which import, edit or undo';
COMMENT ON COLUMN main.consents.who IS 'Who asked';
COMMENT ON COLUMN main.suppression_list.channel IS 'email or sms';
COMMENT ON COLUMN main.suppression_list.key IS 'The key of the contact; empty where only its hash may be kept';
COMMENT ON COLUMN main.suppression_list.key_hash IS 'Keyed hash (HMAC-SHA256) of the key';
COMMENT ON COLUMN main.suppression_list.reason IS 'suppressed, unsubscribed, orange_list or erased';
COMMENT ON COLUMN main.suppression_list.occurred_at IS 'Since when';
COMMENT ON COLUMN main.suppression_list.source IS 'By which import, edit or undo';
COMMENT ON COLUMN main.imports.undone_by IS 'The import that undid this one';
COMMENT ON COLUMN main.imports.trimmed IS 'Older than the history keeps: only counts and membership are left';
