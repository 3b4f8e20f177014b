-- An operation starts with its first event, whoever's it is.
UPDATE main.operations AS o
SET started_at = least(coalesce(o.started_at, f.started_at), f.started_at)
FROM (
    SELECT operation_id, min(occurred_at) AS started_at
    FROM (
        SELECT operation_id, occurred_at FROM main.events WHERE import_id = $import_id
        UNION ALL
        SELECT operation_id, occurred_at FROM main.pending_events WHERE import_id = $import_id
    )
    GROUP BY operation_id
) AS f
WHERE f.operation_id = o.operation_id
