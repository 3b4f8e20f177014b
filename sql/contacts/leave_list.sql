-- Takes the entries of `carnet_left(channel, key)` off the suppression list; those of erased people stay.
DELETE FROM main.suppression_list AS s
WHERE s.reason <> 'erased'
    AND (s.channel, s.key_hash) IN (
        SELECT (l.channel, sha256($outer || unhex(sha256($inner || encode(l.key))))) FROM carnet_left AS l
    )
