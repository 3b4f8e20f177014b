-- Yields the addresses and numbers that the contacts `$ids` had before, from when to when.
SELECT f.channel AS kind, f.key AS address, f.since, f.until
FROM main.former_keys AS f
WHERE list_contains($ids::BIGINT[], f.contact_id)
ORDER BY f.until DESC
