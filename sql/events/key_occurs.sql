-- A row where an object of the file has one of `$pointers`, be it null.
SELECT 1
FROM carnet_event_lines
WHERE CASE WHEN json_valid(text) THEN list_contains(json_exists(text, $pointers), true) END
LIMIT 1
