-- `carnet_successors`: for each of `carnet_gone`, the contact who counts as the same person: the first to have its last uniqueness key
-- (`$key`) after it left, or that one's successor; of one that was merged, the one that it was merged into (EXP-14). Those whom nobody
-- succeeds are not in it.
CREATE OR REPLACE TEMP TABLE carnet_successors AS
WITH RECURSIVE left_at AS (
    SELECT f.contact_id, arg_max(f.key, f.until) AS key, max(f.until) AS until
    FROM main.former_keys AS f
    ANTI JOIN main.contacts AS c ON c.contact_id = f.contact_id
    ANTI JOIN main.merges AS m ON m.gone = f.contact_id
    WHERE f.deleted AND f.channel = $key
    GROUP BY f.contact_id
),
present AS (
    SELECT l.key, c.contact_id, c.created_at
    FROM main.contacts AS c
    JOIN (SELECT DISTINCT key FROM left_at) AS l ON l.key = CASE $key WHEN 'email' THEN c.email ELSE c.mobile END
),
holdings AS (
    SELECT p.key, p.contact_id, coalesce(greatest(max(f.until), max(s.changed_at)), any_value(p.created_at)) AS since
    FROM present AS p
    LEFT JOIN main.former_keys AS f ON f.contact_id = p.contact_id AND f.channel = $key
    LEFT JOIN main.state_settings AS s
        ON s.contact_id = p.contact_id AND s.channel = CASE $key WHEN 'email' THEN 'email' ELSE 'sms' END
    GROUP BY p.key, p.contact_id
    UNION ALL
    SELECT key, contact_id, since FROM main.former_keys WHERE channel = $key
),
followed AS (
    SELECT l.contact_id, arg_min(h.contact_id, h.since) AS follower
    FROM left_at AS l
    JOIN holdings AS h ON h.key = l.key AND h.since >= l.until AND h.contact_id <> l.contact_id
    GROUP BY l.contact_id
    UNION ALL
    SELECT m.gone, m.kept FROM main.merges AS m ANTI JOIN main.contacts AS c ON c.contact_id = m.gone
),
chain AS (
    SELECT contact_id AS origin, contact_id FROM carnet_gone
    UNION
    SELECT c.origin, f.follower FROM chain AS c JOIN followed AS f ON f.contact_id = c.contact_id
)
SELECT c.origin AS contact_id, c.contact_id AS successor
FROM chain AS c
ANTI JOIN followed AS f ON f.contact_id = c.contact_id
WHERE c.origin <> c.contact_id
