-- Keeps the addresses that the contacts of `carnet_settings` no longer have, and from when to when they had them (BHV-1).
INSERT INTO main.former_keys
WITH earlier AS (
    SELECT contact_id, max(until) AS until
    FROM main.former_keys
    WHERE channel = $kind
    GROUP BY contact_id
),
changed AS (
    SELECT contact_id, max(changed_at) AS changed_at
    FROM main.state_settings
    WHERE channel = $channel AND changed_at IS NOT NULL
    GROUP BY contact_id
)
SELECT $kind, gone.key, gone.contact_id, coalesce(greatest(e.until, s.changed_at), gone.created_at, $at), $at, gone.deleted
FROM carnet_settings AS gone
LEFT JOIN earlier AS e ON e.contact_id = gone.contact_id
LEFT JOIN changed AS s ON s.contact_id = gone.contact_id
