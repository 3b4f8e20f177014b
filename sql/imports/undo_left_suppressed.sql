-- Yields those whom the import `$source` put on the account's suppression list, whom no contact is and who are on it still.
SELECT DISTINCT s.key
FROM main.suppression_list AS s
WHERE s.source = $source
    AND s.reason = 'suppressed'
    AND s.key IS NOT NULL
    AND NOT EXISTS (FROM main.contacts AS c WHERE s.key IN (c.email, c.mobile))
ORDER BY s.key
