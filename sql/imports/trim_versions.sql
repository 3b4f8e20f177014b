-- Drops the row versions of the imports `$ids`.
DELETE FROM main.contact_versions
WHERE revision_id IN (SELECT r.revision_id FROM main.revisions AS r WHERE list_contains($ids, r.import_id))
