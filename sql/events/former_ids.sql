-- `carnet_renamed`: former → present hash of the file's events that have no id of their own (sql/schema/0010_event_contents.sql).
CREATE OR REPLACE TEMP TABLE carnet_renamed AS
SELECT DISTINCT
    '#' || md5(
        concat_ws(chr(31), $channel, r.operation, k.kind, k.key, e.type, epoch_us(r.instant), r.link, r.detail)
    ) AS former,
    e.event_id,
    e.link,
    e.detail,
    e.person
FROM carnet_events AS e
JOIN carnet_event_named AS r ON r.number = e.number
JOIN carnet_event_people AS k ON k.who = r.who
WHERE e.accepted AND starts_with(e.event_id, '#2') AND carnet_hashed(e.event_id)
