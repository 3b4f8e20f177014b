-- `carnet_event_keys`: how a row names somebody → kind, key, and the contact where one alone has ever had that address.
CREATE OR REPLACE TEMP TABLE carnet_event_keys AS
WITH alone AS (
    SELECT kind, key, any_value(contact_id) AS contact_id
    FROM carnet_holders
    GROUP BY kind, key
    HAVING count(*) = 1 AND any_value(until) IS NULL
)
SELECT t.who, t.kind, t.key, CASE WHEN t.kind = 'contact_id' THEN t.key::BIGINT ELSE a.contact_id END AS contact_id
FROM carnet_event_texts AS t
LEFT JOIN alone AS a ON a.kind = t.kind AND a.key = t.key
