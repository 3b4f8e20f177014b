-- `carnet_fresh`: the accepted events that the base does not have yet: by their source's own number, or by their content (#…).
CREATE OR REPLACE TEMP TABLE carnet_fresh AS
SELECT e.event_id, o.operation_id, e.kind, e.key, e.contact_id, e.type, e.occurred_at, e.link, e.detail
FROM carnet_events AS e
JOIN main.operations AS o ON o.name = e.operation AND o.channel = $channel
ANTI JOIN (
    SELECT event_id FROM main.events WHERE source = $source OR starts_with(event_id, '#')
    UNION ALL
    SELECT event_id FROM main.pending_events WHERE source = $source OR starts_with(event_id, '#')
) AS known ON known.event_id = e.event_id
WHERE e.accepted
