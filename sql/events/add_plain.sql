-- Adds the plain rows of a file whose ids are all new, straight from the file.
INSERT INTO main.events BY NAME
SELECT
    p.event_id,
    o.operation_id,
    p.known_contact AS contact_id,
    p.known_type AS type,
    p.instant AS occurred_at,
    carnet_text(p.link, $blanks) AS link,
    carnet_text(p.detail, $blanks) AS detail,
    $import_id AS import_id,
    p.known_person AS person,
    $kind AS kind
FROM carnet_event_plain($kind) AS p
JOIN (
    SELECT n.theirs, o.operation_id
    FROM carnet_event_operations AS n
    JOIN main.operations AS o ON o.name = n.name AND o.channel = $channel
) AS o ON o.theirs IS NOT DISTINCT FROM p.operation
WHERE p.plain
