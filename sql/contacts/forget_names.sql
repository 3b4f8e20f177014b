-- Takes the name off the entries of `carnet_kept(channel, key, reason, named, by_key)` that may be kept by hash alone: their contact is gone.
UPDATE main.suppression_list
SET key = NULL
WHERE key IS NOT NULL
    AND key_hash IN (
        SELECT sha256($outer || unhex(sha256($inner || encode(k.key)))) FROM carnet_kept AS k WHERE k.by_key AND NOT k.named
    )
