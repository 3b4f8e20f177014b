-- `carnet_inherited`: the events of contacts that are gone, as events of their successors, but for those that these share already. Each
-- bears its address from now on: it may be none of the successor's.
CREATE OR REPLACE TEMP TABLE carnet_inherited AS
WITH theirs AS (
    SELECT i.model, e.event_id, e.contact_id
    FROM main.events AS e
    SEMI JOIN carnet_successors AS s ON s.successor = e.contact_id
    LEFT JOIN main.imports AS i ON i.import_id = e.import_id
),
old AS (
    SELECT e.*, i.model
    FROM main.events AS e
    SEMI JOIN carnet_successors AS s ON s.contact_id = e.contact_id
    LEFT JOIN main.imports AS i ON i.import_id = e.import_id
)
SELECT DISTINCT e.* EXCLUDE (model) REPLACE (s.successor AS contact_id, coalesce(e.key, f.key) AS key)
FROM old AS e
ASOF LEFT JOIN main.former_keys AS f ON f.contact_id = e.contact_id AND f.channel = e.kind AND e.occurred_at < f.until
JOIN carnet_successors AS s ON s.contact_id = e.contact_id
ANTI JOIN theirs AS t ON t.model IS NOT DISTINCT FROM e.model AND t.event_id = e.event_id AND t.contact_id = s.successor
