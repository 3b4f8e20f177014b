-- Makes the events that have not happened at `$at` pending again: whose they are is told by who has the address then.
INSERT INTO main.pending_events BY NAME
SELECT DISTINCT event_id, operation_id, kind AS channel, key, type, occurred_at, link, detail, source, import_id, person
FROM main.events
WHERE occurred_at > $at AND key IS NOT NULL
