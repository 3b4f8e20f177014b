-- Yields the contacts that have, in `$operations`, an event of one of `$types`: at most `$limit` of them (NULL: all), of ids
-- beyond `$after` (NULL: all), without those that set « do not track » unless `$everybody` (BHV-4, SEG-9).
SELECT contacts.*
FROM main.contacts AS contacts
WHERE contacts.contact_id IN (
        SELECT events.contact_id
        FROM main.events AS events
        WHERE events.operation_id IN (SELECT unnest($operations::BIGINT[]))
            AND events.type IN (SELECT unnest($types::VARCHAR[]))
    )
    AND ($after IS NULL OR contacts.contact_id > $after)
    AND ($everybody OR contacts.do_not_track IS NOT TRUE)
ORDER BY contacts.contact_id
LIMIT $limit
