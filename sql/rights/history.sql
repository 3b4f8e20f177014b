-- Yields every change of a field of the contacts `$ids` that the history still holds, newest first.
SELECT h.occurred_at, h.field, h.old, h.new, h.source
FROM main.changes AS h
WHERE list_contains($ids::BIGINT[], h.contact_id)
ORDER BY h.occurred_at DESC, h.field
