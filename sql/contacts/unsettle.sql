-- Those who had one of the addresses `carnet_settings(key)` before: their events, or their states, are to be told anew.
INSERT INTO main.unsettled
SELECT DISTINCT f.contact_id
FROM main.former_keys AS f
SEMI JOIN carnet_settings AS a ON a.key = f.key
WHERE f.channel = $kind
