-- Yields the imports older than the last `$kept` that still have their details.
SELECT import_id
FROM (FROM main.imports SELECT import_id, trimmed, row_number() OVER (ORDER BY import_id DESC) AS age)
WHERE age > $kept AND NOT trimmed
