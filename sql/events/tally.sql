-- What is left of the file, its plain rows aside: rows, those that it leaves out, those refused, those accepted, and of these the ones of which
-- something is told.
SELECT
    count(*) AS "rows",
    count(*) FILTER (left_out) AS left_out,
    count(*) FILTER (NOT left_out AND NOT accepted) AS rejected,
    count(*) FILTER (accepted) AS accepted,
    count(*) FILTER (told) AS told
FROM carnet_events
