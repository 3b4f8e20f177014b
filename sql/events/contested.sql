-- `carnet_contested`: the ids that stand for several contents, in the file or between the file and the base.
CREATE OR REPLACE TEMP TABLE carnet_contested AS
WITH repeated AS (
    SELECT event_id
    FROM carnet_events
    WHERE accepted AND NOT carnet_hashed(event_id) AND $repeated
    GROUP BY event_id
    HAVING count(*) > 1
)
SELECT e.event_id
FROM carnet_events AS e
SEMI JOIN repeated AS r ON r.event_id = e.event_id
WHERE e.accepted
GROUP BY e.event_id
HAVING count(DISTINCT row(e.occurred_at, e.type, e.operation, e.link, e.detail, e.person)) > 1
UNION
SELECT e.event_id
FROM carnet_events AS e
SEMI JOIN carnet_known AS k ON k.event_id = e.event_id
JOIN carnet_stored($source) AS s ON s.event_id = e.event_id
WHERE
    e.accepted
    AND (
        e.occurred_at <> s.occurred_at
        OR e.type <> s.type
        OR e.operation <> s.operation
        OR e.link IS DISTINCT FROM s.link
        OR e.detail IS DISTINCT FROM s.detail
        OR e.person <> s.person
    )
