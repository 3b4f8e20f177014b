-- Drops what the row versions of the imports `$ids` lost by changed formats: nothing of them is undone any more.
DELETE FROM main.unconverted_values
WHERE revision_id IN (SELECT r.revision_id FROM main.revisions AS r WHERE list_contains($ids, r.import_id))
