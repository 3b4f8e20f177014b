-- Adds `carnet_settings` to what was set of contacts, each with the address that it is of.
INSERT INTO main.state_settings BY NAME
SELECT
    n.*,
    CASE n.channel WHEN 'email' THEN c.email ELSE c.mobile END AS key,
    $revision_id AS revision_id,
    $import_id AS import_id
FROM carnet_settings AS n
JOIN main.contacts AS c ON c.contact_id = n.contact_id
