-- Of events that stand twice in the file, one is accepted: which does not depend on the order of the lines.
UPDATE carnet_events SET accepted = false
WHERE accepted AND number IN (
    SELECT number
    FROM carnet_events
    WHERE accepted AND event_id IN (
        SELECT event_id FROM carnet_events WHERE accepted GROUP BY event_id HAVING count(*) > 1
    )
    QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY occurred_at, type, key, link, detail, number) > 1
)
