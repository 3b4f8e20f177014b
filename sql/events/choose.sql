-- Gives each event of the file that claims a contested id the id under which it is kept; one of each content is accepted.
UPDATE carnet_events AS e
SET event_id = coalesce(c.target, e.event_id), accepted = c.target IS NOT NULL AND c.turn = 1
FROM carnet_claims AS c
WHERE c.number = e.number
