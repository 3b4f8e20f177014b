-- Yields the segments with their last counts, largest first (SRV-3).
SELECT
    counts.segment,
    definitions.label,
    counts."count" AS contacts
FROM main.segment_counts AS counts
INNER JOIN main.segment_definitions AS definitions ON counts.segment = definitions.segment
ORDER BY contacts DESC, counts.segment
LIMIT $most
