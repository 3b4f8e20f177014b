-- Drops the revisions of the imports `$ids`.
DELETE FROM main.revisions WHERE list_contains($ids, import_id)
