-- `carnet_fresh`: the accepted events that the base does not have yet.
CREATE OR REPLACE TEMP MACRO carnet_fresh(wanted) AS TABLE
    SELECT e.event_id, o.operation_id, e.kind, e.key, e.contact_id, e.type, e.occurred_at, e.link, e.detail, e.person
    FROM carnet_events AS e
    JOIN main.operations AS o ON o.name = e.operation AND o.channel = wanted
    ANTI JOIN carnet_known AS k ON k.event_id = e.event_id
    WHERE e.accepted
