-- Says of the imports `$ids` that their details are gone; the report of a refused file stays beside it.
UPDATE main.imports
SET trimmed = true, rejects_file = NULL, report = CASE WHEN status = 'refused' THEN report END
WHERE list_contains($ids, import_id)
