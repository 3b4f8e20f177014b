-- Yields those of `carnet_asked(address)` whose keyed hash is in `carnet_wanted(key_hash)`.
SELECT a.address
FROM carnet_asked AS a
SEMI JOIN carnet_wanted AS w
    ON w.key_hash = sha256($outer || unhex(sha256($inner || encode(a.address))))
