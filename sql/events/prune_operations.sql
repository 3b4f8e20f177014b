-- Takes out the operations that were entered for this import and that none of its events is of: rejected rows alone name them.
DELETE FROM main.operations
WHERE
    operation_id >= $first
    AND operation_id NOT IN (
        SELECT DISTINCT operation_id FROM main.events WHERE import_id = $import_id
        UNION
        SELECT operation_id FROM main.pending_events WHERE import_id = $import_id
    )
