-- `carnet_known`: the ids of accepted events that the base has already: by their source's own number, or by their content.
CREATE OR REPLACE TEMP TABLE carnet_known AS
SELECT e.event_id
FROM carnet_events AS e
SEMI JOIN (
    SELECT event_id FROM main.events WHERE source = $source OR carnet_hashed(event_id)
    UNION ALL
    SELECT event_id FROM main.pending_events WHERE source = $source OR carnet_hashed(event_id)
) AS s ON s.event_id = e.event_id
WHERE e.accepted
