-- Gives the contact that a merge took away, and that is there again, what had followed the other one (sql/upkeep/follow_merge.sql).
CREATE OR REPLACE TEMP TABLE carnet_back AS
SELECT DISTINCT e.* EXCLUDE (model) REPLACE ($gone AS contact_id, m.key AS key, m.event_import AS import_id)
FROM (
    SELECT e.*, i.model FROM main.events AS e LEFT JOIN main.imports AS i ON i.import_id = e.import_id WHERE e.contact_id = $kept
) AS e
JOIN (
    SELECT m.*, i.model FROM main.merged_events AS m LEFT JOIN main.imports AS i ON i.import_id = m.event_import WHERE m.import_id = $import_id
) AS m ON m.event_id = e.event_id AND m.model IS NOT DISTINCT FROM e.model;
DELETE FROM main.events
WHERE contact_id = $kept
    AND (event_id, import_id) IN (SELECT (event_id, event_import) FROM main.merged_events WHERE import_id = $import_id AND NOT shared);
INSERT INTO main.events BY NAME FROM carnet_back;
DROP TABLE temp.carnet_back;
DELETE FROM main.former_keys
WHERE contact_id = $kept
    AND NOT deleted
    AND (channel, key, until) IN (SELECT (channel, key, until) FROM main.former_keys WHERE contact_id = $gone);
DELETE FROM main.import_contacts
WHERE contact_id = $kept
    AND import_id IN (SELECT member_of FROM main.merged_memberships WHERE import_id = $import_id);
DELETE FROM main.merged_events WHERE import_id = $import_id;
DELETE FROM main.merged_memberships WHERE import_id = $import_id;
DELETE FROM main.merges WHERE import_id = $import_id;
INSERT INTO main.unsettled VALUES ($kept), ($gone)
