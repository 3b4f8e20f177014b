-- The rows whose event id stands for something else too, and which of the two is kept: the `other` event's line (NULL: the base's), what
-- differs, whether this one wins, whether it is kept.
WITH winners AS (
    SELECT DISTINCT ON (event_id) *
    FROM carnet_claims
    WHERE wins
    ORDER BY event_id, turn
),
losers AS (
    SELECT *
    FROM carnet_claims
    WHERE number IS NULL AND NOT wins
)
SELECT
    e.line,
    e.item,
    w.line AS other,
    c.wins,
    c.target IS NOT NULL AS kept,
    list_filter(
        [
            CASE WHEN c.occurred_at <> o.occurred_at THEN 'occurred_at' END,
            CASE WHEN c.type <> o.type THEN 'type' END,
            CASE WHEN c.operation <> o.operation THEN 'operation' END,
            CASE WHEN c.link IS DISTINCT FROM o.link THEN 'link' END,
            CASE WHEN c.detail IS DISTINCT FROM o.detail THEN 'detail' END,
            CASE WHEN c.person <> o.person THEN 'person' END
        ],
        lambda what: what IS NOT NULL
    ) AS differing
FROM carnet_claims AS c
JOIN (SELECT *, false AS beaten FROM winners UNION ALL SELECT *, true FROM losers) AS o
    ON o.event_id = c.event_id AND o.beaten = c.wins
JOIN carnet_events AS e ON e.number = c.number
LEFT JOIN carnet_events AS w ON w.number = o.number
ORDER BY c.number
