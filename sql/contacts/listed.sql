-- Yields, for the texts of `carnet_keys(key)` that the suppression list names, the strictest consent it keeps of each channel.
SELECT
    k.key,
    CASE min(CASE s.reason WHEN 'suppressed' THEN 0 WHEN 'orange_list' THEN 1 ELSE 2 END) FILTER (s.channel = 'email')
        WHEN 0 THEN 'suppression_list' WHEN 1 THEN 'orange_list' WHEN 2 THEN 'no'
    END AS opt_in_email,
    CASE WHEN count(*) FILTER (s.channel = 'sms') > 0 THEN 'no' END AS opt_in_sms
FROM carnet_keys AS k
INNER JOIN main.suppression_list AS s
    ON s.key_hash = sha256($outer || unhex(sha256($inner || encode(k.key))))
WHERE s.reason <> 'erased'
GROUP BY k.key
