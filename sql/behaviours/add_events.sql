-- Adds the fresh events whose contact is known.
INSERT INTO main.events
SELECT event_id, operation_id, contact_id, type, occurred_at, link, detail, $source, $import_id
FROM carnet_fresh
WHERE contact_id IS NOT NULL
