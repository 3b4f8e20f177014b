-- Yields, for each reason, how many rows of the imports since $since it kept out, most first (SRV-3).
SELECT
    reasons.reason,
    count(*) AS contacts
FROM main.import_rejects AS rejects
INNER JOIN main.imports AS imports ON rejects.import_id = imports.import_id,
    unnest(list_distinct(rejects.reasons)) AS reasons (reason)
WHERE imports.started_at >= $since
GROUP BY reasons.reason
ORDER BY contacts DESC, reasons.reason
LIMIT $most
