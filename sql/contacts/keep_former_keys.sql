-- Keeps the addresses that the contacts of `carnet_settings` no longer have, and from when to when they had them (BHV-1).
INSERT INTO main.former_keys
SELECT $kind, gone.key, gone.contact_id, coalesce(max(earlier.until), gone.created_at, $at), $at, gone.deleted
FROM carnet_settings AS gone
LEFT JOIN main.former_keys AS earlier ON earlier.contact_id = gone.contact_id AND earlier.channel = $kind
GROUP BY gone.key, gone.contact_id, gone.created_at, gone.deleted
