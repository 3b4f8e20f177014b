-- Yields carnet_moves: who entered, left or changed between two exports, known by the rows' hashes (EXP-11).
-- Where the two were made otherwise (carnet_alike is false) whoever stands in both has changed.
CREATE OR REPLACE TEMP TABLE carnet_moves AS
SELECT
    coalesce(now.contact_id, before.contact_id) AS contact_id,
    CASE
        WHEN before.contact_id IS NULL THEN 'entered'
        WHEN now.contact_id IS NULL THEN 'left'
        ELSE 'changed'
    END AS movement
FROM read_parquet(getvariable('carnet_now')) AS now
FULL JOIN read_parquet(getvariable('carnet_before')) AS before ON now.contact_id = before.contact_id
WHERE now.row_hash IS DISTINCT FROM before.row_hash OR NOT getvariable('carnet_alike')::BOOLEAN
