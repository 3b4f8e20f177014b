-- `carnet_event_keys`: how a row names somebody → kind, key, and the contact where one alone has ever had that address, or that id.
CREATE OR REPLACE TEMP TABLE carnet_event_keys AS
WITH alone AS (
    SELECT kind, key, any_value(contact_id) AS contact_id
    FROM carnet_holders
    GROUP BY kind, key
    HAVING count(*) = 1 AND any_value(until) IS NULL
),
named AS (
    SELECT key, key::BIGINT AS contact_id
    FROM carnet_event_texts
    WHERE kind = 'contact_id' AND key IS NOT NULL
)
SELECT t.who, t.kind, t.key, coalesce(a.contact_id, c.contact_id) AS contact_id
FROM carnet_event_texts AS t
LEFT JOIN alone AS a ON a.kind = t.kind AND a.key = t.key
LEFT JOIN (SELECT DISTINCT key, contact_id FROM named SEMI JOIN main.contacts USING (contact_id)) AS c
    ON t.kind = 'contact_id' AND c.key = t.key
