-- Adds the fresh events whose contact is known.
INSERT INTO main.events BY NAME
SELECT
    event_id,
    operation_id,
    contact_id,
    type,
    occurred_at,
    link,
    detail,
    $source AS source,
    $import_id AS import_id,
    kind,
    key
FROM carnet_fresh
WHERE contact_id IS NOT NULL
