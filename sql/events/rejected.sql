-- The refused rows with what is wrong with each: a column a rule, 0 where the rule holds; then what the messages need: how the row
-- names somebody (`kind`) and why nobody is called so (`fault`), whether an instant was read that is out of all bounds. What a key with
-- several values would say is not told as missing too; of people who were erased (EXP-9) nothing else is told.
SELECT
    r.line,
    r.item,
    CASE WHEN r.fault IS NOT NULL THEN 1 ELSE 0 END AS unreadable_line,
    CASE WHEN t.erased THEN 1 ELSE 0 END AS erased,
    CASE WHEN r.fault IS NULL AND t.erased IS NOT TRUE AND r.several IS NOT NULL THEN 1 ELSE 0 END AS several_values,
    CASE WHEN r.fault IS NULL AND t.erased IS NOT TRUE AND e.key IS NULL AND (r.several IS NULL OR r.who IS NOT NULL) THEN 1 ELSE 0 END AS unknown_person,
    CASE
        WHEN r.fault IS NULL AND t.erased IS NOT TRUE AND e.type IS NULL AND NOT e.left_out AND (r.several IS NULL OR r.type IS NOT NULL) THEN 1
        ELSE 0
    END AS unknown_type,
    CASE
        WHEN r.fault IS NULL AND t.erased IS NOT TRUE AND e.occurred_at IS NULL AND (r.several IS NULL OR r.occurred_at IS NOT NULL) THEN 1
        ELSE 0
    END AS unreadable_instant,
    r.who IS NULL AS nobody,
    r.moment IS NOT NULL AS out_of_bounds,
    t.kind,
    t.fault,
    r.type,
    r.several
FROM carnet_event_named AS r
JOIN carnet_events AS e ON e.number = r.number
LEFT JOIN carnet_event_texts AS t ON t.who = r.who
WHERE NOT e.left_out AND NOT e.accepted
ORDER BY r.number
