-- Yields the events of the contacts `$ids`, and those that wait for somebody with one of `$addresses`, newest first.
SELECT e.occurred_at, o.name AS operation, o.channel, e.type, e.link, e.detail, e.event_id, e.import_id, i.file
FROM (
    SELECT event_id, operation_id, type, occurred_at, link, detail, import_id
    FROM main.events
    WHERE list_contains($ids::BIGINT[], contact_id)
    UNION ALL
    SELECT event_id, operation_id, type, occurred_at, link, detail, import_id
    FROM main.pending_events
    WHERE list_contains($addresses::VARCHAR[], key)
) AS e
LEFT JOIN main.operations AS o ON o.operation_id = e.operation_id
LEFT JOIN main.imports AS i ON i.import_id = e.import_id
ORDER BY e.occurred_at DESC, e.event_id
