-- `carnet_states`: what events make of the contacts of `carnet_affected`, by channel (BHV-2, STA-1, STA-2, STA-4, STA-6).
-- The last delivery or return decides the status, the last return the message; of those at one instant, the strictest.
CREATE OR REPLACE TEMP TABLE carnet_states AS
WITH moves AS (
    SELECT
        e.contact_id,
        o.channel,
        o.name AS operation,
        e.type,
        e.occurred_at,
        e.detail,
        e.event_id,
        CASE e.type WHEN 'delivered' THEN 'valid' WHEN 'unknown_recipient' THEN 'bad_alias' ELSE e.type END AS status,
        list_position($strictness, e.type) AS strictness,
        s.detail_at IS NULL OR e.occurred_at > s.detail_at AS tells,
        s.status_at IS NULL OR e.occurred_at > s.status_at AS moves_status,
        s.changed_at IS NULL OR e.occurred_at > s.changed_at AS at_this_address,
        s.resubscribed_at IS NULL OR e.occurred_at > s.resubscribed_at AS since_resubscribed
    FROM main.events AS e
    SEMI JOIN carnet_affected AS a ON a.contact_id = e.contact_id
    JOIN main.operations AS o ON o.operation_id = e.operation_id
    LEFT JOIN main.state_settings AS s ON s.contact_id = e.contact_id AND s.channel = o.channel
    WHERE o.channel IN ('email', 'sms') AND list_contains($moving, e.type)
),
deliveries AS (
    SELECT *
    FROM moves
    WHERE at_this_address AND type NOT IN ('unsubscribed', 'complained')
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
softs AS (
    SELECT
        *,
        count(*) FILTER (type = 'soft' AND moves_status) OVER (
            PARTITION BY contact_id, channel, spell ORDER BY occurred_at, strictness, event_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) >= $soft_limit AND type = 'soft' AND moves_status AS exhausted
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
)
SELECT contact_id, channel, l.status, r.detail, r.returned_at, u.consent, u.operation
FROM (SELECT DISTINCT contact_id, channel FROM moves)
LEFT JOIN last_status AS l USING (contact_id, channel)
LEFT JOIN last_return AS r USING (contact_id, channel)
LEFT JOIN last_refusal AS u USING (contact_id, channel)
