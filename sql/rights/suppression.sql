-- Yields what the suppression list says of the keyed hashes `$hashes`.
SELECT s.occurred_at, s.channel, s.reason, s.key, s.source, s.who
FROM main.suppression_list AS s
WHERE list_contains($hashes::VARCHAR[], s.key_hash)
ORDER BY s.occurred_at DESC, s.channel
