-- `carnet_events`: each row of the file as an event, with its contact where one alone has ever had its address.
CREATE OR REPLACE TEMP TABLE carnet_events AS
SELECT
    r.line,
    coalesce(
        nullif(trim(r.event_id), ''),
        '#' || md5(concat_ws(chr(31), $channel, r.operation, k.kind, k.key, t.type, epoch_us(r.instant), r.link, r.detail))
    ) AS event_id,
    coalesce(nullif(trim(r.operation), ''), $operation) AS operation,
    k.kind,
    k.key,
    k.contact_id,
    t.type,
    r.instant AS occurred_at,
    nullif(trim(r.link), '') AS link,
    nullif(trim(r.detail), '') AS detail,
    coalesce(t.left_out, false) AS left_out,
    NOT left_out AND r.fault IS NULL AND k.key IS NOT NULL AND t.type IS NOT NULL AND r.instant IS NOT NULL AS accepted
FROM carnet_event_instants AS r
LEFT JOIN carnet_event_types AS t ON t.theirs = r.type
LEFT JOIN carnet_event_keys AS k ON k.who = r.who
