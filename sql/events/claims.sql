-- `carnet_claims`: all events of the contested ids, of the file (`number`) and of the base (NULL). The earliest `wins`, and of those at one
-- instant the first by its content: the same whatever the order of files and lines. `target`: the id under which the event is kept, NULL
-- where it is not; refusals that do not win are kept under one of their own. `turn`: 1 for one event of each content, the base's first.
CREATE OR REPLACE TEMP TABLE carnet_claims AS
WITH named AS (
    SELECT e.number, e.event_id, e.occurred_at, e.type, e.operation, e.link, e.detail, e.person
    FROM carnet_events AS e
    SEMI JOIN carnet_contested AS c ON c.event_id = e.event_id
    WHERE e.accepted
),
claims AS (
    SELECT * FROM named
    UNION ALL
    SELECT DISTINCT NULL::BIGINT, s.event_id, s.occurred_at, s.type, s.operation, s.link, s.detail, coalesce(s.person, n.person)
    FROM carnet_stored($source) AS s
    JOIN (SELECT event_id, min(person) AS person FROM named GROUP BY event_id) AS n ON n.event_id = s.event_id
),
ranked AS (
    SELECT
        *,
        rank() OVER (
            PARTITION BY event_id
            ORDER BY occurred_at, type, operation, coalesce(link, ''), coalesce(detail, ''), person
        ) = 1 AS wins,
        row_number() OVER (
            PARTITION BY event_id, occurred_at, type, operation, link, detail, person
            ORDER BY number NULLS FIRST
        ) AS turn
    FROM claims
)
SELECT
    *,
    CASE
        WHEN wins THEN event_id
        WHEN carnet_refusal(type)
            THEN event_id || '#' || carnet_digest(person::VARCHAR, type, occurred_at, operation, link, detail)
    END AS target
FROM ranked
