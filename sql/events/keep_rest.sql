-- `carnet_event_rest`: the rows that are not plain, as the file has them. Without `$some`, known to be none: the file is not looked through.
CREATE OR REPLACE TEMP TABLE carnet_event_rest AS
SELECT number, line, item, fault, several, event_id, operation, email, mobile, contact_id, type, occurred_at, link, detail
FROM carnet_event_plain($kind)
WHERE NOT plain AND $some
