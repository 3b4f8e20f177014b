-- `carnet_affected`: the contacts whose states an import may move: by its events, or by those of the base that had to give way to them.
CREATE OR REPLACE TEMP TABLE carnet_affected AS
SELECT DISTINCT contact_id
FROM main.events
WHERE import_id = $import_id AND list_contains($moving, type)
UNION
SELECT contact_id
FROM carnet_lost_events
WHERE contact_id IS NOT NULL
