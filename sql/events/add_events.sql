-- Adds the fresh events whose contact is known. The address is kept where the contact's history alone does not tell it: where it had
-- another one, and of what may not have happened yet; otherwise it is the one that the contact has then, or its first.
INSERT INTO main.events BY NAME
SELECT
    e.event_id,
    e.operation_id,
    e.contact_id,
    e.type,
    e.occurred_at,
    e.link,
    e.detail,
    $import_id AS import_id,
    e.person,
    e.kind,
    CASE WHEN e.kind = 'contact_id' OR f.contact_id IS NOT NULL OR e.occurred_at > now() - INTERVAL 1 HOUR THEN e.key END AS key
FROM carnet_fresh($channel) AS e
LEFT JOIN (SELECT DISTINCT channel, contact_id FROM main.former_keys) AS f ON f.channel = e.kind AND f.contact_id = e.contact_id
WHERE e.contact_id IS NOT NULL
