-- `carnet_bound`: pending events with their contacts: whoever had the address when it happened; before anybody had it, the first who
-- got it; after the last one gave it up for another, that one. Several who share an address share its events.
CREATE OR REPLACE TEMP TABLE carnet_bound AS
SELECT p.event_id, p.operation_id, h.contact_id, p.type, p.occurred_at, p.link, p.detail, p.source, p.import_id, p.person
FROM main.pending_events AS p
JOIN carnet_holders AS h ON h.kind = p.channel AND h.key = p.key
WHERE NOT (h.deleted AND p.occurred_at >= h.until)
QUALIFY rank() OVER (
    PARTITION BY p.source, p.event_id
    ORDER BY
        CASE WHEN p.occurred_at < h.since THEN 1 WHEN h.until IS NULL OR p.occurred_at < h.until THEN 0 ELSE 2 END,
        CASE WHEN p.occurred_at < h.since THEN h.since - p.occurred_at WHEN p.occurred_at >= h.until THEN p.occurred_at - h.until END
) = 1
