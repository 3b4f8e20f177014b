-- The degree of activity goes from 0 to 10 (BHV-3). Former degrees are computed anew, as of when they were, by the next who writes: the
-- window and the time zone are the base's, which this statement does not know (pipelines/base/degrees.py).
INSERT INTO main.settings
SELECT 'former_degrees', max(computed_at)::VARCHAR FROM main.activity HAVING count(*) > 0;

-- The published copy is to have it too.
UPDATE main.counters SET value = value + 1 WHERE name = 'generation';

COMMENT ON COLUMN main.activity.degree IS 'From 0 (none) to 10';
