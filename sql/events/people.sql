-- `carnet_event_people`: `carnet_event_keys` with a short hash of how the row names the person, a part of the event's content.
CREATE OR REPLACE TEMP TABLE carnet_event_people AS
SELECT who, kind, key, contact_id, carnet_person(kind, key) AS person
FROM carnet_event_keys
