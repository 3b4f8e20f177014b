-- The keys of the objects of a file, in the order in which they are met: of the first thousand.
SELECT key
FROM (
    SELECT
        line,
        unnest(CASE WHEN json_valid(text) THEN json_keys(text) END) AS key,
        generate_subscripts(CASE WHEN json_valid(text) THEN json_keys(text) END, 1) AS place
    FROM carnet_event_lines
    ORDER BY line, place
    LIMIT 1000
)
GROUP BY key
ORDER BY min((line, place))
