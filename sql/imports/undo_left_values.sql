-- Yields the values that the import `$import_id` added to the lists of selects, and that stand there still (FLD-3).
SELECT a.field, a."value"
FROM main.added_values AS a
INNER JOIN main.fields AS f ON a.field = f.name AND list_contains(f."values", a."value")
WHERE a.import_id = $import_id
ORDER BY f.position, a."value"
