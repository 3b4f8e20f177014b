-- Yields who had the address `$key`, the last one first, and whether the contact is still there.
SELECT f.contact_id, bool_or(c.contact_id IS NOT NULL) AS there
FROM main.former_keys AS f
LEFT JOIN main.contacts AS c ON c.contact_id = f.contact_id
WHERE f.channel = $kind AND f.key = $key
GROUP BY f.contact_id
ORDER BY max(f.until) DESC
