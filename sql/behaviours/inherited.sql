-- `carnet_inherited`: the events of contacts that are gone, as events of their successors, but for those that these share already.
CREATE OR REPLACE TEMP TABLE carnet_inherited AS
WITH theirs AS (
    SELECT source, event_id, contact_id FROM main.events SEMI JOIN carnet_successors AS s ON s.successor = events.contact_id
)
SELECT DISTINCT e.* REPLACE (s.successor AS contact_id)
FROM main.events AS e
JOIN carnet_successors AS s ON s.contact_id = e.contact_id
ANTI JOIN theirs AS t ON t.source = e.source AND t.event_id = e.event_id AND t.contact_id = s.successor
