-- `carnet_event_rest`: the rows that are not plain, as the file has them.
CREATE OR REPLACE TEMP TABLE carnet_event_rest AS
SELECT line, fault, event_id, operation, email, mobile, contact_id, type, occurred_at, link, detail
FROM carnet_event_plain($kind)
WHERE NOT plain AND $some
