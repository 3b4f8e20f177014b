-- `carnet_states`: what settings and events make of the contacts of `carnet_affected`, by channel (BHV-2, STA-1, STA-2, STA-4, STA-6).
-- The last delivery or return decides the status, the last return the message; of those at one instant, the strictest; where none
-- counts, what was set of that address. `reckoned` is false where no delivery or return speaks of the channel: it stays as it is.
CREATE OR REPLACE TEMP TABLE carnet_states AS
WITH addresses AS (
    SELECT c.contact_id, unnest([
        {'channel': 'email', 'kind': 'email', 'address': c.email},
        {'channel': 'sms', 'kind': 'mobile', 'address': c.mobile}
    ], recursive := true)
    FROM main.contacts AS c
    SEMI JOIN carnet_affected AS a ON a.contact_id = c.contact_id
),
own AS (
    SELECT s.*, s.revision_id IS NULL OR s.key IS NOT DISTINCT FROM a.address AS here
    FROM main.state_settings AS s
    JOIN addresses AS a ON a.contact_id = s.contact_id AND a.channel = s.channel
),
told AS (
    SELECT
        contact_id,
        channel,
        max(status_at) FILTER (here) AS status_at,
        arg_max_null(status, status_at) FILTER (here AND status_at IS NOT NULL) AS status,
        max(detail_at) FILTER (here) AS detail_at,
        arg_max_null(detail, detail_at) FILTER (here AND detail_at IS NOT NULL) AS detail,
        arg_max_null(returned_at, detail_at) FILTER (here AND detail_at IS NOT NULL) AS returned_at,
        max(resubscribed_at) AS resubscribed_at
    FROM own
    GROUP BY contact_id, channel
),
settings AS (
    SELECT a.*, t.* EXCLUDE (contact_id, channel), f.contact_id IS NOT NULL AS had_another
    FROM addresses AS a
    LEFT JOIN told AS t ON t.contact_id = a.contact_id AND t.channel = a.channel
    LEFT JOIN (SELECT DISTINCT channel, contact_id FROM main.former_keys) AS f
        ON f.contact_id = a.contact_id AND f.channel = a.kind
),
moves AS (
    SELECT
        e.contact_id,
        o.channel,
        o.name AS operation,
        e.type,
        e.occurred_at,
        e.detail,
        e.event_id,
        s.kind,
        s.address,
        CASE e.type WHEN 'delivered' THEN 'valid' WHEN 'unknown_recipient' THEN 'bad_alias' ELSE e.type END AS status,
        list_position($strictness, e.type) AS strictness,
        s.detail_at IS NULL OR e.occurred_at > s.detail_at AS tells,
        s.status_at IS NULL OR e.occurred_at > s.status_at AS moves_status,
        CASE
            WHEN e.kind = s.kind AND e.key IS NOT NULL THEN coalesce(e.key = s.address, false)
            WHEN NOT s.had_another THEN true
        END AS at_this_address,
        s.resubscribed_at IS NULL OR e.occurred_at > s.resubscribed_at AS since_resubscribed
    FROM main.events AS e
    SEMI JOIN carnet_affected AS a ON a.contact_id = e.contact_id
    JOIN main.operations AS o ON o.operation_id = e.operation_id
    LEFT JOIN settings AS s ON s.contact_id = e.contact_id AND s.channel = o.channel
    WHERE o.channel IN ('email', 'sms') AND list_contains($moving, e.type)
),
-- An event without an address of the channel speaks of the one that the contact had then, or had first.
deliveries AS (
    SELECT *
    FROM moves
    WHERE at_this_address AND type NOT IN ('unsubscribed', 'complained')
    UNION ALL
    SELECT m.*
    FROM (FROM moves WHERE at_this_address IS NULL AND type NOT IN ('unsubscribed', 'complained')) AS m
    ASOF LEFT JOIN main.former_keys AS f
        ON f.contact_id = m.contact_id AND f.channel = m.kind AND m.occurred_at < f.until
    WHERE coalesce(f.key, m.address) IS NOT DISTINCT FROM m.address
),
spells AS (
    SELECT
        *,
        count(*) FILTER (type = 'delivered' AND moves_status) OVER (
            PARTITION BY contact_id, channel ORDER BY occurred_at, strictness, event_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS spell
    FROM deliveries
),
-- Once exhausted, an address stays so until a delivery: neither an absence nor another return that is not hard makes it valid again.
softs AS (
    SELECT
        *,
        count(*) FILTER (type = 'soft' AND moves_status) OVER (
            PARTITION BY contact_id, channel, spell ORDER BY occurred_at, strictness, event_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) >= $soft_limit AND moves_status AND strictness > 1 AND strictness < list_position($strictness, 'unknown_recipient') AS exhausted
    FROM spells
),
last_status AS (
    SELECT
        contact_id,
        channel,
        arg_max(CASE WHEN exhausted THEN 'bad_alias' ELSE status END, (occurred_at, strictness, event_id)) AS status
    FROM softs
    WHERE moves_status
    GROUP BY contact_id, channel
),
last_return AS (
    SELECT
        contact_id,
        channel,
        max_by(
            CASE WHEN exhausted THEN concat_ws(': ', 'soft_limit', detail) ELSE coalesce(detail, type) END,
            (occurred_at, strictness, event_id)
        ) AS detail,
        max(occurred_at) AS returned_at
    FROM softs
    WHERE tells AND type <> 'delivered'
    GROUP BY contact_id, channel
),
last_refusal AS (
    SELECT
        contact_id,
        channel,
        CASE WHEN channel = 'email' AND bool_or(type = 'complained') THEN 'orange_list' ELSE 'no' END AS consent,
        arg_max(operation, (type = 'complained', occurred_at, event_id)) AS operation
    FROM moves
    WHERE since_resubscribed AND type IN ('unsubscribed', 'complained')
    GROUP BY contact_id, channel
),
moved AS (
    SELECT contact_id, channel, bool_or(reckoned) AS reckoned
    FROM (
        SELECT contact_id, channel, type NOT IN ('unsubscribed', 'complained') AS reckoned FROM moves
        UNION ALL
        SELECT contact_id, channel, true FROM addresses SEMI JOIN carnet_unbound USING (contact_id)
        UNION ALL
        SELECT contact_id, channel, true FROM addresses SEMI JOIN carnet_bereft USING (contact_id, channel)
    )
    GROUP BY contact_id, channel
)
SELECT
    m.contact_id,
    m.channel,
    m.reckoned,
    coalesce(l.status, s.status, 'unknown') AS status,
    CASE WHEN r.returned_at IS NULL THEN s.detail ELSE r.detail END AS detail,
    coalesce(r.returned_at, s.returned_at) AS returned_at,
    u.consent,
    u.operation
FROM moved AS m
JOIN settings AS s USING (contact_id, channel)
LEFT JOIN last_status AS l USING (contact_id, channel)
LEFT JOIN last_return AS r USING (contact_id, channel)
LEFT JOIN last_refusal AS u USING (contact_id, channel)
