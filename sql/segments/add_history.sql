-- The counts just taken, for the history.
INSERT INTO main.segment_count_history
SELECT unnest($segments::VARCHAR[]), unnest($counts::BIGINT[]), $instant::TIMESTAMPTZ
