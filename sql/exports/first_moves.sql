-- Yields carnet_moves for a first export: everybody entered.
CREATE OR REPLACE TEMP TABLE carnet_moves AS
SELECT contact_id, 'entered' AS movement FROM read_parquet(getvariable('carnet_now'))
