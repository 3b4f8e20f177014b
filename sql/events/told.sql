-- The accepted rows of which something is told: a refusal without what a key with `several` values says; a row that names somebody by an
-- address or a number that cannot be read (`unread`: of which kind; `fault`: why not) and by another `kind` that can.
SELECT e.line, e.item, r.several, r.unread, e.kind, t.fault
FROM carnet_events AS e
JOIN carnet_event_named AS r ON r.number = e.number
LEFT JOIN carnet_event_texts AS t ON t.who = r.unread_who
WHERE e.told
ORDER BY e.number
