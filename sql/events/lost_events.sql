-- `carnet_lost_events`: the contacts who lose an event of the base to another one of its id, and the operations that lose it.
CREATE OR REPLACE TEMP TABLE carnet_lost_events AS
SELECT DISTINCT e.contact_id, o.channel, o.operation_id
FROM (
    SELECT event_id, import_id, contact_id, operation_id FROM main.events
    UNION ALL
    SELECT event_id, import_id, NULL, operation_id FROM main.pending_events
) AS e
JOIN carnet_claims AS c ON c.event_id = e.event_id
JOIN main.operations AS o ON o.operation_id = e.operation_id
WHERE c.number IS NULL AND c.target IS NULL AND carnet_from(e.import_id, $source)
