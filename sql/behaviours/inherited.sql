-- `carnet_inherited`: the events of contacts that are gone, as events of their successors, but for those that these share already. Each
-- bears its address from now on: it may be none of the successor's.
CREATE OR REPLACE TEMP TABLE carnet_inherited AS
WITH theirs AS (
    SELECT source, event_id, contact_id FROM main.events SEMI JOIN carnet_successors AS s ON s.successor = events.contact_id
),
old AS (
    SELECT e.* FROM main.events AS e SEMI JOIN carnet_successors AS s ON s.contact_id = e.contact_id
)
SELECT DISTINCT e.* REPLACE (s.successor AS contact_id, coalesce(e.key, f.key) AS key)
FROM old AS e
ASOF LEFT JOIN main.former_keys AS f ON f.contact_id = e.contact_id AND f.channel = e.kind AND e.occurred_at < f.until
JOIN carnet_successors AS s ON s.contact_id = e.contact_id
ANTI JOIN theirs AS t ON t.source = e.source AND t.event_id = e.event_id AND t.contact_id = s.successor
