-- Yields the contacts who are gone and had one of `$keys` as their uniqueness key: they are the same person.
SELECT DISTINCT f.contact_id
FROM main.former_keys AS f
ANTI JOIN main.contacts AS c ON c.contact_id = f.contact_id
WHERE f.channel = $kind AND list_contains($keys::VARCHAR[], f.key)
