-- Yields those of `carnet_asked(address)` that are of somebody who was erased (EXP-9): the list has no more than their keyed hash.
SELECT a.address
FROM carnet_asked AS a
SEMI JOIN (SELECT s.key_hash FROM main.suppression_list AS s WHERE s.reason = 'erased') AS e
    ON e.key_hash = sha256($outer || unhex(sha256($inner || encode(a.address))))
