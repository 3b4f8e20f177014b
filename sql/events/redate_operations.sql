-- An operation that lost an event starts with the first of those that are left.
UPDATE main.operations AS o
SET started_at = (
    SELECT min(e.occurred_at)
    FROM (
        SELECT operation_id, occurred_at FROM main.events
        UNION ALL
        SELECT operation_id, occurred_at FROM main.pending_events
    ) AS e
    WHERE e.operation_id = o.operation_id
)
WHERE o.operation_id IN (SELECT operation_id FROM carnet_lost_events)
