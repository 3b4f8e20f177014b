-- Yields the contacts who have one of `$keys` as their uniqueness key, or had it and are gone.
SELECT contact_id
FROM main.contacts
WHERE list_contains($keys::VARCHAR[], CASE $kind WHEN 'email' THEN email ELSE mobile END)
UNION
SELECT f.contact_id
FROM main.former_keys AS f
ANTI JOIN main.contacts AS c ON c.contact_id = f.contact_id
WHERE f.channel = $kind AND list_contains($keys::VARCHAR[], f.key)
