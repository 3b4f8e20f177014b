-- What follows the contact that stays: the events of the one that went, under the address that they named; the addresses themselves, so
-- that what still comes for them is told of whoever has them now; and the imports that named it, for segments « in that import ».
CREATE OR REPLACE TEMP TABLE carnet_merged AS
SELECT e.*, i.model, theirs.event_id IS NOT NULL AS shared
FROM main.events AS e
LEFT JOIN main.imports AS i ON i.import_id = e.import_id
LEFT JOIN (
    SELECT DISTINCT e.event_id, i.model
    FROM main.events AS e
    LEFT JOIN main.imports AS i ON i.import_id = e.import_id
    WHERE e.contact_id = $kept
) AS theirs ON theirs.event_id = e.event_id AND theirs.model IS NOT DISTINCT FROM i.model
WHERE e.contact_id = $gone;
INSERT INTO main.merged_events
SELECT $import_id, import_id, event_id, key, shared FROM carnet_merged;
DELETE FROM main.events WHERE contact_id = $gone;
INSERT INTO main.events BY NAME
SELECT * EXCLUDE (model, shared)
    REPLACE ($kept AS contact_id, coalesce(key, CASE kind WHEN 'email' THEN $email WHEN 'mobile' THEN $mobile END) AS key)
FROM carnet_merged
WHERE NOT shared;
DROP TABLE temp.carnet_merged;
INSERT INTO main.former_keys BY NAME
SELECT f.* REPLACE ($kept AS contact_id, false AS deleted)
FROM main.former_keys AS f
WHERE f.contact_id = $gone;
INSERT INTO main.merged_memberships
SELECT DISTINCT $import_id, o.import_id
FROM main.import_contacts AS o
ANTI JOIN (SELECT import_id FROM main.import_contacts WHERE contact_id = $kept) AS theirs ON theirs.import_id = o.import_id
WHERE o.contact_id = $gone AND o.outcome <> 'deleted';
INSERT INTO main.import_contacts
SELECT member_of, $kept, 'unchanged' FROM main.merged_memberships WHERE import_id = $import_id;
INSERT INTO main.merges VALUES ($import_id, $kept, $gone);
INSERT INTO main.unsettled VALUES ($kept)
