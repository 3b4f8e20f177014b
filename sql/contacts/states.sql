-- Adds to `carnet_states` what settings and events make of the contacts of `carnet_affected`, by channel (BHV-2, STA-1, STA-2, STA-4, STA-6).
-- The last delivery or return decides the status, the last return the message; of those at one instant, the strictest; where none
-- counts, what was set of that address. `reckoned` is false where no delivery or return speaks of the channel: it stays as it is.
INSERT INTO carnet_states BY NAME
WITH addresses AS (
    SELECT contact_id, 'email' AS channel, 'email' AS kind, email AS address
    FROM main.contacts
    SEMI JOIN carnet_affected USING (contact_id)
    UNION ALL
    SELECT contact_id, 'sms', 'mobile', mobile
    FROM main.contacts
    SEMI JOIN carnet_affected USING (contact_id)
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
    SELECT 2 * contact_id + (channel = 'sms')::BIGINT AS slot, a.*, t.* EXCLUDE (contact_id, channel)
    FROM addresses AS a
    LEFT JOIN told AS t USING (contact_id, channel)
),
-- An event without an address of the channel speaks of the one that the contact had then, or had first.
former AS (
    SELECT contact_id, channel, key, lag(until, 1, '-infinity') OVER (PARTITION BY contact_id, channel ORDER BY until) AS since, until
    FROM main.former_keys
    SEMI JOIN carnet_affected USING (contact_id)
),
-- `slot` is one number for contact and channel: joined by the two, each event would be paired with both channels first. What decides a
-- status is one number too, which is quicker to compare than a row: instant, strictness, whether the address is exhausted.
moves AS (
    SELECT
        s.slot,
        e.contact_id,
        e.operation_id,
        e.type,
        e.occurred_at,
        e.detail,
        e.event_id,
        list_position($strictness, e.type) AS strictness,
        e.type IN ('unsubscribed', 'complained') AS refuses,
        NOT refuses AND CASE
            WHEN e.kind = s.kind AND e.key IS NOT NULL THEN coalesce(e.key = s.address, false)
            ELSE f.key IS NULL OR f.key IS NOT DISTINCT FROM s.address
        END AS of_address,
        of_address AND (s.status_at IS NULL OR e.occurred_at > s.status_at) AS moves_status,
        of_address AND e.type <> 'delivered' AND (s.detail_at IS NULL OR e.occurred_at > s.detail_at) AS tells,
        refuses AND (s.resubscribed_at IS NULL OR e.occurred_at > s.resubscribed_at) AS forbids
    FROM main.events AS e
    JOIN main.operations AS o ON o.operation_id = e.operation_id
    JOIN settings AS s ON s.slot = 2 * e.contact_id + (o.channel = 'sms')::BIGINT
    LEFT JOIN former AS f
        ON f.contact_id = e.contact_id AND f.channel = s.kind AND e.occurred_at >= f.since AND e.occurred_at < f.until
    WHERE o.channel IN ('email', 'sms') AND list_contains($moving, e.type)
),
-- Who may have exhausted an address: theirs alone are put in order.
prone AS (
    SELECT contact_id
    FROM main.events
    SEMI JOIN carnet_affected USING (contact_id)
    WHERE type = 'soft'
    GROUP BY contact_id
    HAVING count(*) >= $soft_limit
),
spells AS (
    SELECT
        *,
        count(*) FILTER (type = 'delivered' AND moves_status) OVER (
            PARTITION BY slot ORDER BY occurred_at, strictness, event_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS spell
    FROM moves
    SEMI JOIN prone USING (contact_id)
),
-- Once exhausted, an address stays so until a delivery: neither an absence nor another return that is not hard makes it valid again.
weighed AS (
    SELECT
        * EXCLUDE (spell),
        count(*) FILTER (type = 'soft' AND moves_status) OVER (
            PARTITION BY slot, spell ORDER BY occurred_at, strictness, event_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) >= $soft_limit AND moves_status AND strictness > 1 AND strictness < list_position($strictness, 'unknown_recipient') AS exhausted
    FROM spells
    UNION ALL
    SELECT *, false
    FROM moves
    ANTI JOIN prone USING (contact_id)
),
last_move AS (
    SELECT
        slot,
        bool_or(NOT refuses) AS reckoned,
        max((epoch_us(occurred_at) * 16 + strictness) * 2 + exhausted::BIGINT) FILTER (moves_status) AS moved
    FROM weighed
    GROUP BY slot
),
last_return AS (
    SELECT
        slot,
        max_by(
            CASE WHEN exhausted THEN concat_ws(': ', 'soft_limit', detail) ELSE coalesce(detail, type) END,
            (occurred_at, strictness, event_id)
        ) AS detail,
        max(occurred_at) AS returned_at
    FROM weighed
    WHERE tells
    GROUP BY slot
),
last_refusal AS (
    SELECT
        slot,
        bool_or(type = 'complained') AS complained,
        arg_max(operation_id, (type = 'complained', occurred_at, event_id)) AS operation_id
    FROM weighed
    WHERE forbids
    GROUP BY slot
),
-- Whose events went is reckoned too, even where none is left.
bared AS (
    SELECT contact_id, channel FROM addresses SEMI JOIN carnet_unbound USING (contact_id)
    UNION
    SELECT contact_id, channel FROM addresses SEMI JOIN carnet_lost_events USING (contact_id, channel)
)
SELECT
    s.contact_id,
    s.channel,
    b.channel IS NOT NULL OR m.reckoned AS reckoned,
    CASE
        WHEN m.moved IS NULL THEN coalesce(s.status, 'unknown')
        WHEN m.moved % 2 = 1 OR $strictness[m.moved // 2 % 16] = 'unknown_recipient' THEN 'bad_alias'
        WHEN $strictness[m.moved // 2 % 16] = 'delivered' THEN 'valid'
        ELSE $strictness[m.moved // 2 % 16]
    END AS status,
    CASE WHEN r.returned_at IS NULL THEN s.detail ELSE r.detail END AS detail,
    coalesce(r.returned_at, s.returned_at) AS returned_at,
    CASE WHEN f.complained AND s.channel = 'email' THEN 'orange_list' WHEN f.complained IS NOT NULL THEN 'no' END AS consent,
    o.name AS operation
FROM settings AS s
LEFT JOIN last_move AS m ON m.slot = s.slot
LEFT JOIN bared AS b ON b.contact_id = s.contact_id AND b.channel = s.channel
LEFT JOIN last_return AS r ON r.slot = s.slot
LEFT JOIN last_refusal AS f ON f.slot = s.slot
LEFT JOIN main.operations AS o ON o.operation_id = f.operation_id
WHERE m.slot IS NOT NULL OR b.channel IS NOT NULL
