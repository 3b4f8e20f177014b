-- Yields the values that the import `$import_id` added to the lists of selects, and that stand there still (FLD-3).
SELECT a.field, a."value"
FROM main.added_values AS a
INNER JOIN main.fields AS f ON a.field = f.name
WHERE
    a.import_id = $import_id
    AND (a.field, a."value") IN (SELECT (name, unnest("values")) FROM main.fields)
ORDER BY f.position, a."value"
