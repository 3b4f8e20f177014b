-- `carnet_holders`: who has, or had, each address of `carnet_addresses`, from when to when (until NULL: still).
CREATE OR REPLACE TEMP TABLE carnet_holders AS
WITH present AS (
    SELECT 'email' AS kind, c.email AS key, c.contact_id, c.created_at
    FROM main.contacts AS c
    SEMI JOIN carnet_addresses AS a ON a.kind = 'email' AND a.key = c.email
    UNION ALL
    SELECT 'mobile', c.mobile, c.contact_id, c.created_at
    FROM main.contacts AS c
    SEMI JOIN carnet_addresses AS a ON a.kind = 'mobile' AND a.key = c.mobile
),
former AS (
    SELECT channel AS kind, contact_id, max(until) AS until
    FROM main.former_keys
    GROUP BY channel, contact_id
)
SELECT p.kind, p.key, p.contact_id, coalesce(f.until, p.created_at) AS since, NULL::TIMESTAMPTZ AS until, false AS deleted
FROM present AS p
LEFT JOIN former AS f ON f.kind = p.kind AND f.contact_id = p.contact_id
UNION ALL
SELECT f.channel, f.key, f.contact_id, f.since, f.until, f.deleted
FROM main.former_keys AS f
SEMI JOIN carnet_addresses AS a ON a.kind = f.channel AND a.key = f.key
