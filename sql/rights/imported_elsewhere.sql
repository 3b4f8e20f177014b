-- Yields the imports whose file named one of the contacts `$ids` and was given by its path: it stays where it lies.
SELECT DISTINCT i.import_id, i.file
FROM main.imports AS i
INNER JOIN main.import_contacts AS c ON c.import_id = i.import_id
WHERE i.taken_from IS NULL AND i.action <> 'undo' AND list_contains($ids::BIGINT[], c.contact_id)
ORDER BY i.import_id
