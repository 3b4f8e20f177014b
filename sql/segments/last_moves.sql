-- Yields the last count of each of `$segments`, and the one before it (NULL at the first).
SELECT
    segment,
    count,
    lag(count) OVER (PARTITION BY segment ORDER BY refreshed_at) AS before
FROM main.segment_count_history
WHERE segment IN (SELECT unnest($segments::VARCHAR[]))
QUALIFY row_number() OVER (PARTITION BY segment ORDER BY refreshed_at DESC) = 1
ORDER BY segment
