-- How many contacts are to be purged, how many of them nobody was told of yet, and when the first of the others was noticed.
SELECT count(*) AS to_purge, count(*) FILTER (n.contact_id IS NULL) AS noticed, min(n.noticed_at) AS earliest
FROM segments.to_purge AS s
LEFT JOIN main.retention_notices AS n ON n.contact_id = s.contact_id
