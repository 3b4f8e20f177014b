-- Yields what each segment means, as a hash of its view, and whether that may depend on the day.
SELECT
    segment,
    md5(definition) AS meaning,
    contains(lower(definition), 'now()') AS by_day
FROM main.segment_definitions
