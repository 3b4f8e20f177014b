-- The refused rows with what is wrong with each: a column a rule, NULL where the rule holds; then the cells.
SELECT
    r.line,
    CASE WHEN r.fault IS NOT NULL THEN 1 ELSE 0 END AS unreadable_line,
    CASE WHEN r.fault IS NULL AND e.key IS NULL THEN 1 ELSE 0 END AS unknown_person,
    CASE WHEN r.fault IS NULL AND e.type IS NULL AND NOT e.left_out THEN 1 ELSE 0 END AS unknown_type,
    CASE WHEN r.fault IS NULL AND e.occurred_at IS NULL THEN 1 ELSE 0 END AS unreadable_instant,
    r.who IS NULL AS nobody,
    r.type,
    [r.event_id, r.operation, r.email, r.mobile, r.contact_id, r.type, r.occurred_at::VARCHAR, r.link, r.detail] AS cells
FROM carnet_event_instants AS r
JOIN carnet_events AS e ON e.line = r.line
WHERE
    NOT e.left_out
    AND (r.fault IS NOT NULL OR e.key IS NULL OR e.type IS NULL OR e.occurred_at IS NULL)
ORDER BY r.line
