-- Two events that their blanks alone told apart are one now.
DELETE FROM main.events
WHERE
    event_id IN (SELECT event_id FROM carnet_renamed)
    AND rowid NOT IN (
        SELECT min(e.rowid)
        FROM main.events AS e
        SEMI JOIN carnet_renamed AS r ON r.event_id = e.event_id
        GROUP BY e.event_id, e.contact_id
    )
