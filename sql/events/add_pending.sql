-- Keeps the fresh events whose contact is not known yet, or is to be told by the time at which they happened.
INSERT INTO main.pending_events (
    event_id, operation_id, channel, key, type, occurred_at, link, detail, source, import_id, person
)
SELECT event_id, operation_id, kind, key, type, occurred_at, link, detail, $source, $import_id, person
FROM carnet_fresh($channel)
WHERE contact_id IS NULL
