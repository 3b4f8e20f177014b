-- Yields of how many people whom the base does not know the import `$source` keeps the refusals, by a hash of their keys alone (STA-5).
SELECT count(DISTINCT key_hash) AS people
FROM main.suppression_list
WHERE source = $source AND by_key AND key IS NULL AND reason <> 'erased'
