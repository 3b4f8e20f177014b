-- Puts `carnet_kept(channel, key, reason, named, by_key)` on the suppression list, by name or by hash alone; where no entry is as strict.
-- Yields the channel of each entry that is new.
WITH hashed AS (
    SELECT
        channel,
        by_key,
        sha256($outer || unhex(sha256($inner || encode(key)))) AS key_hash,
        max(CASE WHEN named THEN key END) AS key,
        min(list_position(['suppressed', 'orange_list', 'unsubscribed'], reason)) AS strictness
    FROM carnet_kept
    GROUP BY ALL
)
INSERT INTO main.suppression_list BY NAME
SELECT
    h.channel,
    h.key,
    h.key_hash,
    ['suppressed', 'orange_list', 'unsubscribed'][h.strictness] AS reason,
    $at AS occurred_at,
    $source AS source,
    h.by_key,
    $who AS who
FROM hashed AS h
WHERE NOT EXISTS (
    FROM main.suppression_list AS s
    WHERE s.channel = h.channel
        AND s.key_hash = h.key_hash
        AND s.by_key >= h.by_key
        AND list_position(['suppressed', 'orange_list', 'unsubscribed'], s.reason) <= h.strictness
)
RETURNING channel
