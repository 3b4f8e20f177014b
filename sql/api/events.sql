-- The last events of one contact, newest first: what it did, in which operation.
SELECT
    e.event_id,
    e.type,
    o.name AS operation,
    o.channel,
    coalesce(e.detail, e.link, '') AS title,
    e.occurred_at,
    e.operation_id
FROM main.events AS e
LEFT JOIN main.operations AS o ON e.operation_id = o.operation_id
WHERE e.contact_id = $contact_id
ORDER BY e.occurred_at DESC, e.event_id
LIMIT $size
