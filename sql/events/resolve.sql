-- `carnet_events`: each row of the file that did not go straight into the base as an event, with its contact where one alone has ever had
-- its address. A row whose key holds several values says less than it should, and is not accepted; a refusal is, without them (STA-5).
CREATE OR REPLACE TEMP TABLE carnet_events AS
WITH tidied AS (
    SELECT
        r.number,
        r.line,
        r.item,
        r.fault,
        r.several,
        r.unread,
        carnet_id(r.event_id, $blanks) AS numbered,
        coalesce(carnet_text(r.operation, $blanks), $operation) AS operation,
        carnet_text(r.link, $blanks) AS link,
        carnet_text(r.detail, $blanks) AS detail,
        r.type AS theirs,
        r.instant AS occurred_at,
        r.who
    FROM carnet_event_named AS r
)
SELECT
    r.number,
    r.line,
    r.item,
    coalesce(
        r.numbered,
        '#2' || carnet_digest(
            concat_ws(chr(31), $channel, k.kind, k.key), t.type, r.occurred_at, r.operation, r.link, r.detail
        )
    ) AS event_id,
    r.operation,
    k.kind,
    k.key,
    k.contact_id,
    k.person,
    t.type,
    r.occurred_at,
    r.link,
    r.detail,
    coalesce(t.left_out, false) AS left_out,
    NOT left_out
    AND r.fault IS NULL
    AND k.key IS NOT NULL
    AND t.type IS NOT NULL
    AND r.occurred_at IS NOT NULL
    AND NOT coalesce(x.erased, false)
    AND (r.several IS NULL OR carnet_refusal(t.type)) AS accepted,
    accepted AND (r.several IS NOT NULL OR r.unread IS NOT NULL) AS told
FROM tidied AS r
LEFT JOIN carnet_event_types AS t ON t.theirs = r.theirs
LEFT JOIN carnet_event_people AS k ON k.who = r.who
LEFT JOIN carnet_event_texts AS x ON x.who = r.who
