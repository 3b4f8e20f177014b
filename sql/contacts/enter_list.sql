-- Puts `carnet_kept(channel, key, reason, named)` on the suppression list, by name or by hash alone; where no entry is as strict.
-- Yields one row for each entry that is new.
WITH hashed AS (
    SELECT
        channel,
        CASE WHEN named THEN key END AS key,
        sha256($outer || unhex(sha256($inner || encode(key)))) AS key_hash,
        reason
    FROM carnet_kept
)
INSERT INTO main.suppression_list
SELECT h.channel, h.key, h.key_hash, h.reason, $at, $source
FROM hashed AS h
WHERE NOT EXISTS (
    FROM main.suppression_list AS s
    WHERE s.channel = h.channel
        AND s.key_hash = h.key_hash
        AND list_position(['suppressed', 'orange_list', 'unsubscribed'], s.reason)
        <= list_position(['suppressed', 'orange_list', 'unsubscribed'], h.reason)
)
RETURNING key_hash
