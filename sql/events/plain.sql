-- The rows of the file with what they say at once (`carnet_event_plain`): a row is `plain` where it names, by the base's key, a contact
-- who never had another address and whose address was never another's, with a known type, at least an hour ago. Whatever becomes of that
-- contact, such an event is theirs, and the history tells its address. An address with a quote before it is read as another (EXP-3).
CREATE OR REPLACE TEMP MACRO carnet_at_home(wanted) AS TABLE
    WITH addresses AS (
        SELECT contact_id, CASE wanted WHEN 'email' THEN email ELSE mobile END AS address
        FROM main.contacts
    )
    SELECT a.contact_id, a.address, carnet_person(wanted, a.address) AS person
    FROM addresses AS a
    ANTI JOIN (SELECT contact_id FROM main.former_keys WHERE channel = wanted) AS f ON f.contact_id = a.contact_id
    ANTI JOIN (SELECT key FROM main.former_keys WHERE channel = wanted) AS g ON g.key = a.address
    WHERE a.address IS NOT NULL AND NOT starts_with(a.address, '''');
CREATE OR REPLACE TEMP MACRO carnet_event_plain(wanted) AS TABLE
    SELECT
        r.*,
        h.contact_id AS known_contact,
        h.person AS known_person,
        t.type AS known_type,
        coalesce(
            r.fault IS NULL AND r.several IS NULL AND h.contact_id IS NOT NULL AND NOT t.left_out AND r.instant <= now() - INTERVAL 1 HOUR,
            false
        ) AS plain
    FROM carnet_event_instants AS r
    LEFT JOIN carnet_at_home(wanted) AS h ON h.address = CASE wanted WHEN 'email' THEN r.email ELSE r.mobile END
    LEFT JOIN carnet_event_types AS t ON t.theirs = r.type
