-- The counts just taken, as the current ones.
INSERT INTO main.segment_counts
SELECT unnest($segments::VARCHAR[]), unnest($counts::BIGINT[]), $instant::TIMESTAMPTZ
