-- Yields carnet_moved: the cells of who moved; of those who left as they were last exported, in the newest of the former files.
CREATE OR REPLACE TEMP VIEW carnet_moved AS
SELECT moves.movement, cells.*
FROM carnet_moves AS moves
JOIN read_parquet(getvariable('carnet_cells')) AS cells USING (contact_id)
WHERE moves.movement <> 'left'
UNION ALL BY NAME
(
    SELECT 'left' AS movement, former.* EXCLUDE (filename)
    FROM read_parquet(getvariable('carnet_former')::VARCHAR[], union_by_name = true, filename = true) AS former
    WHERE former.contact_id IN (SELECT contact_id FROM carnet_moves WHERE movement = 'left')
    QUALIFY row_number() OVER (PARTITION BY former.contact_id ORDER BY former.filename DESC) = 1
)
