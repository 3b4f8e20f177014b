-- Yields one row for the contacts that have, in `$operations`, an event of one of `$types`: how many there are or were, how many
-- of them are in the base, and how many of those set « do not track » (BHV-4, SEG-9).
SELECT
    count(*) AS ever,
    count(contacts.contact_id) AS known,
    count(*) FILTER (contacts.do_not_track) AS untracked
FROM (
    SELECT DISTINCT events.contact_id
    FROM main.events AS events
    WHERE events.operation_id IN (SELECT unnest($operations::BIGINT[]))
        AND events.type IN (SELECT unnest($types::VARCHAR[]))
) AS figure
LEFT JOIN main.contacts AS contacts ON figure.contact_id = contacts.contact_id
