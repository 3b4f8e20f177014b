-- Operations, what contacts did in them, and what the states of contacts follow from (BHV-1, BHV-2, STA-4); activity; searches.
CREATE TABLE main.operations (
    operation_id BIGINT NOT NULL,
    name VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    started_at TIMESTAMPTZ
);

CREATE TABLE main.events (
    event_id VARCHAR NOT NULL,
    operation_id BIGINT NOT NULL,
    contact_id BIGINT NOT NULL,
    type VARCHAR NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    link VARCHAR,
    detail VARCHAR,
    source VARCHAR NOT NULL,
    import_id BIGINT NOT NULL
);

CREATE TABLE main.pending_events (
    event_id VARCHAR NOT NULL,
    operation_id BIGINT NOT NULL,
    channel VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    type VARCHAR NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    link VARCHAR,
    detail VARCHAR,
    source VARCHAR NOT NULL,
    import_id BIGINT NOT NULL
);

CREATE TABLE main.former_keys (
    channel VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    contact_id BIGINT NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    until TIMESTAMPTZ NOT NULL,
    deleted BOOLEAN NOT NULL
);

CREATE TABLE main.state_settings (
    contact_id BIGINT NOT NULL,
    channel VARCHAR NOT NULL,
    status VARCHAR,
    status_at TIMESTAMPTZ,
    detail VARCHAR,
    returned_at TIMESTAMPTZ,
    detail_at TIMESTAMPTZ,
    changed_at TIMESTAMPTZ,
    resubscribed_at TIMESTAMPTZ
);

CREATE TABLE main.activity (
    contact_id BIGINT NOT NULL,
    degree INTEGER NOT NULL,
    last_active_at TIMESTAMPTZ,
    active BOOLEAN NOT NULL,
    computed_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE main.searches (
    search_id BIGINT NOT NULL,
    name VARCHAR,
    condition VARCHAR NOT NULL,
    count BIGINT NOT NULL,
    searched_at TIMESTAMPTZ NOT NULL,
    who VARCHAR NOT NULL
);

ALTER TABLE main.imports ADD COLUMN pending BIGINT DEFAULT 0;
INSERT INTO main.counters VALUES ('operation_id', 0), ('search_id', 0);

COMMENT ON TABLE main.operations IS 'E-mailings, SMS campaigns, forms and web sites: one row a name and channel';
COMMENT ON TABLE main.events IS 'What contacts did, and what became of what was sent to them: one row an event and contact';
COMMENT ON TABLE main.pending_events IS 'Events of people who are not in the base yet: they become theirs when they arrive';
COMMENT ON TABLE main.former_keys IS 'Addresses and numbers that a contact no longer has, and from when to when it had them';
COMMENT ON TABLE main.state_settings IS 'Statuses, return messages and consents that an import or an edit by hand set: older events do not undo them';
COMMENT ON TABLE main.activity IS 'Activity of contacts, as last computed';
COMMENT ON TABLE main.searches IS 'Searches made by hand, and those saved under a name';
COMMENT ON COLUMN main.operations.operation_id IS 'Operation';
COMMENT ON COLUMN main.operations.name IS 'Name';
COMMENT ON COLUMN main.operations.channel IS 'email, sms, form or web';
COMMENT ON COLUMN main.operations.started_at IS 'Instant of its first event';
COMMENT ON COLUMN main.events.event_id IS 'As its file names it, or a hash of its content';
COMMENT ON COLUMN main.events.operation_id IS 'Operation';
COMMENT ON COLUMN main.events.contact_id IS 'Contact';
COMMENT ON COLUMN main.events.type IS 'sent, delivered, opened, clicked, …';
COMMENT ON COLUMN main.events.occurred_at IS 'When';
COMMENT ON COLUMN main.events.link IS 'The link clicked, the page seen';
COMMENT ON COLUMN main.events.detail IS 'The message of a return';
COMMENT ON COLUMN main.events.source IS 'The event import that brought it';
COMMENT ON COLUMN main.events.import_id IS 'Import';
COMMENT ON COLUMN main.activity.contact_id IS 'Contact';
COMMENT ON COLUMN main.activity.degree IS 'From 0 (none) to 5';
COMMENT ON COLUMN main.activity.last_active_at IS 'Last opening, click, form, conversion or visit';
COMMENT ON COLUMN main.activity.active IS 'Active lately';
COMMENT ON COLUMN main.activity.computed_at IS 'When this was computed';
COMMENT ON COLUMN main.searches.search_id IS 'Search';
COMMENT ON COLUMN main.searches.name IS 'Its name, where it was saved';
COMMENT ON COLUMN main.searches.condition IS 'The condition, as YAML';
COMMENT ON COLUMN main.searches.count IS 'How many contacts it found';
COMMENT ON COLUMN main.searches.searched_at IS 'When';
COMMENT ON COLUMN main.searches.who IS 'Who searched';
COMMENT ON COLUMN main.imports.pending IS 'Events of people who were not in the base yet';
