-- Adds the fresh events whose contact is known.
INSERT INTO main.events (event_id, operation_id, contact_id, type, occurred_at, link, detail, source, import_id, person)
SELECT event_id, operation_id, contact_id, type, occurred_at, link, detail, $source, $import_id, person
FROM carnet_fresh
WHERE contact_id IS NOT NULL
