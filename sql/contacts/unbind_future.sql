-- Makes the events that have not happened at `$at` pending again: whose they are is told by who has the address then.
INSERT INTO main.pending_events BY NAME
SELECT DISTINCT
    e.event_id, e.operation_id, e.kind AS channel, e.key, e.type, e.occurred_at, e.link, e.detail, i.model AS source, e.import_id, e.person
FROM main.events AS e
LEFT JOIN main.imports AS i ON i.import_id = e.import_id
WHERE e.occurred_at > $at AND e.key IS NOT NULL
