-- Yields the imports whose files named one of the contacts `$ids`, newest first, and what each did to them.
SELECT i.started_at, i.import_id, i.name, i.model, i.action, i.file, c.outcome, i.who, i.sha256, i.undone_by, i."partition"
FROM main.import_contacts AS c
INNER JOIN main.imports AS i ON i.import_id = c.import_id
WHERE list_contains($ids::BIGINT[], c.contact_id)
ORDER BY i.import_id DESC
