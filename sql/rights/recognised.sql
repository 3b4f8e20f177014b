-- Yields the addresses of the base whose keyed hash is in `carnet_wanted(key_hash)`: kind and address.
WITH told AS (
    SELECT 'email' AS kind, email AS address FROM main.contacts
    UNION
    SELECT 'mobile', mobile FROM main.contacts
    UNION
    SELECT 'email', unnest([email, "former:email"]) FROM main.contact_versions
    UNION
    SELECT 'mobile', unnest([mobile, "former:mobile"]) FROM main.contact_versions
    UNION
    SELECT channel, key FROM main.former_keys
    UNION
    SELECT channel, key FROM main.pending_events
    UNION
    SELECT kind::VARCHAR, key FROM main.events WHERE key IS NOT NULL
    UNION
    SELECT CASE channel WHEN 'sms' THEN 'mobile' ELSE channel END, key FROM main.suppression_list
)
SELECT t.kind, t.address
FROM told AS t
SEMI JOIN carnet_wanted AS w
    ON w.key_hash = sha256($outer || unhex(sha256($inner || encode(t.address))))
WHERE t.kind IN ('email', 'mobile') AND t.address IS NOT NULL
