-- `carnet_holders`: who has, or had, each address of `carnet_addresses`, from when to when (until NULL: still). An id is its contact's
-- for good. Since when an address is there: since it was last changed or given back, otherwise since the contact was added.
CREATE OR REPLACE TEMP TABLE carnet_holders AS
WITH present AS (
    SELECT 'email' AS kind, 'email' AS channel, c.email AS key, c.contact_id, c.created_at
    FROM main.contacts AS c
    SEMI JOIN carnet_addresses AS a ON a.kind = 'email' AND a.key = c.email
    UNION ALL
    SELECT 'mobile', 'sms', c.mobile, c.contact_id, c.created_at
    FROM main.contacts AS c
    SEMI JOIN carnet_addresses AS a ON a.kind = 'mobile' AND a.key = c.mobile
),
former AS (
    SELECT channel AS kind, contact_id, max(until) AS until
    FROM main.former_keys
    GROUP BY channel, contact_id
),
changed AS (
    SELECT channel, contact_id, max(changed_at) AS changed_at
    FROM main.state_settings
    WHERE changed_at IS NOT NULL
    GROUP BY channel, contact_id
)
SELECT
    p.kind,
    p.key,
    p.contact_id,
    coalesce(greatest(f.until, s.changed_at), p.created_at) AS since,
    NULL::TIMESTAMPTZ AS until,
    false AS deleted
FROM present AS p
LEFT JOIN former AS f ON f.kind = p.kind AND f.contact_id = p.contact_id
LEFT JOIN changed AS s ON s.channel = p.channel AND s.contact_id = p.contact_id
UNION ALL
SELECT f.channel, f.key, f.contact_id, f.since, f.until, f.deleted
FROM main.former_keys AS f
SEMI JOIN carnet_addresses AS a ON a.kind = f.channel AND a.key = f.key
UNION ALL
SELECT a.kind, a.key, a.key::BIGINT, TIMESTAMPTZ '0001-01-01 00:00:00Z', NULL, false
FROM carnet_addresses AS a
WHERE a.kind = 'contact_id'
