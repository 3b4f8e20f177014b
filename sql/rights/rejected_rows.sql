-- Yields the rejected rows of which a cell fits the pattern `$pattern`, newest first.
SELECT i.started_at, r.import_id, i.model, i.file, r.line, list_aggregate(r.reasons, 'string_agg', ' | ') AS reasons,
    list_aggregate(list_filter(r.cells, lambda cell: cell IS NOT NULL), 'string_agg', ' ; ') AS cells
FROM main.import_rejects AS r
INNER JOIN main.imports AS i ON i.import_id = r.import_id
WHERE len(list_filter(r.cells, lambda cell: regexp_matches(cell, $pattern))) > 0
ORDER BY r.import_id DESC, r.line
