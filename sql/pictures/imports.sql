-- Yields the last files that were imported or refused, newest first, with what became of their rows (SRV-3).
SELECT
    import_id,
    name,
    model,
    status,
    started_at,
    "rows",
    inserted,
    updated,
    unchanged,
    deleted,
    rejected
FROM main.imports
WHERE action <> 'undo' AND status IN ('imported', 'refused')
ORDER BY import_id DESC
LIMIT $most
