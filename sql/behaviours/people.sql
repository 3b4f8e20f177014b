-- `carnet_event_people`: `carnet_event_keys` with a short hash of how the row names the person, a part of the event's content.
CREATE OR REPLACE TEMP TABLE carnet_event_people AS
SELECT who, kind, key, contact_id, (md5_number_lower(kind || ':' || key) % 4294967296)::UINTEGER AS person
FROM carnet_event_keys
