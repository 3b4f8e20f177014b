-- `carnet_bound`: pending events with their contacts: whoever had the address when it happened; after the last one gave it up for
-- another, that one; before anybody had it, or after it left with its contact, the next who got it. Several who share an address share
-- its events; those of a contact who is gone are its successor's.
CREATE OR REPLACE TEMP TABLE carnet_bound AS
WITH told AS (
    SELECT p.*, h.contact_id
    FROM main.pending_events AS p
    JOIN carnet_holders AS h ON h.kind = p.channel AND h.key = p.key
    WHERE NOT (h.deleted AND p.occurred_at >= h.until)
    QUALIFY rank() OVER (
        PARTITION BY p.source, p.event_id
        ORDER BY
            CASE WHEN p.occurred_at < h.since THEN 2 WHEN h.until IS NULL OR p.occurred_at < h.until THEN 0 ELSE 1 END,
            CASE WHEN p.occurred_at < h.since THEN h.since - p.occurred_at WHEN p.occurred_at >= h.until THEN p.occurred_at - h.until END
    ) = 1
)
SELECT DISTINCT
    t.event_id,
    t.operation_id,
    coalesce(s.successor, t.contact_id) AS contact_id,
    t.type,
    t.occurred_at,
    t.link,
    t.detail,
    t.source,
    t.import_id,
    t.person,
    t.channel AS kind,
    t.key
FROM told AS t
LEFT JOIN carnet_successors AS s ON s.contact_id = t.contact_id
