-- Puts the name to the entries of `carnet_kept(channel, key, reason, named, by_key)` that were kept by hash alone, and may bear it now.
UPDATE main.suppression_list AS s
SET key = k.key
FROM carnet_kept AS k
WHERE k.named
    AND s.by_key
    AND s.key IS NULL
    AND s.channel = k.channel
    AND s.reason = k.reason
    AND s.key_hash = sha256($outer || unhex(sha256($inner || encode(k.key))))
