-- The refused rows with what is wrong with each: a column a rule, 0 where the rule holds; then what the messages need: how the row
-- names somebody (`kind`) and why nobody is called so (`fault`), whether an instant was read that is out of all bounds.
SELECT
    r.line,
    CASE WHEN r.fault IS NOT NULL THEN 1 ELSE 0 END AS unreadable_line,
    CASE WHEN r.fault IS NULL AND e.key IS NULL THEN 1 ELSE 0 END AS unknown_person,
    CASE WHEN r.fault IS NULL AND e.type IS NULL AND NOT e.left_out THEN 1 ELSE 0 END AS unknown_type,
    CASE WHEN r.fault IS NULL AND e.occurred_at IS NULL THEN 1 ELSE 0 END AS unreadable_instant,
    r.who IS NULL AS nobody,
    r.moment IS NOT NULL AS out_of_bounds,
    t.kind,
    t.fault,
    r.type
FROM carnet_event_instants AS r
JOIN carnet_events AS e ON e.line = r.line
LEFT JOIN carnet_event_texts AS t ON t.who = r.who
WHERE
    NOT e.left_out
    AND (r.fault IS NOT NULL OR e.key IS NULL OR e.type IS NULL OR e.occurred_at IS NULL)
ORDER BY r.line
