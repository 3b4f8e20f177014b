-- Refusals that the base keeps under an id of their own are known.
INSERT INTO carnet_known
SELECT event_id
FROM (
    SELECT event_id FROM main.events WHERE carnet_from(import_id, $source)
    UNION ALL
    SELECT event_id FROM main.pending_events WHERE source = $source
)
WHERE event_id IN (SELECT target FROM carnet_claims WHERE target <> event_id)
