-- `carnet_known`: the ids of accepted events that the base has already: by their source's own number, or by their content.
CREATE OR REPLACE TEMP TABLE carnet_known AS
SELECT e.event_id
FROM carnet_events AS e
SEMI JOIN carnet_ids($source) AS i ON i.event_id = e.event_id
WHERE e.accepted
