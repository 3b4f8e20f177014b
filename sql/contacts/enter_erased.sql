-- Puts the keyed hashes `$hashes` of one channel on the suppression list as those of people who were erased (EXP-9).
INSERT INTO main.suppression_list BY NAME
SELECT
    $channel AS channel,
    NULL AS key,
    unnest($hashes::VARCHAR[]) AS key_hash,
    'erased' AS reason,
    $at AS occurred_at,
    'erasure' AS source,
    true AS by_key,
    $who AS who
