-- What is left of the file, its plain rows aside: rows, those that it leaves out, those refused by each rule, those refused at all.
SELECT
    count(*) AS "rows",
    count(*) FILTER (left_out) AS left_out,
    count(*) FILTER (NOT left_out AND (key IS NULL OR type IS NULL OR occurred_at IS NULL)) AS rejected,
    count(*) FILTER (accepted) AS accepted
FROM carnet_events
