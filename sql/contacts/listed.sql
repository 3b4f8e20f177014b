-- Yields, for those of `carnet_people(person, address, channel, is_key)` whom the suppression list names by an address, the strictest
-- consent it keeps of each channel. An entry of the address that was another contact's second one counts on that address's own channel
-- alone, for several may share it; unless it is the key by now. The account's list is for both channels.
WITH kept AS (
    SELECT
        s.key_hash,
        s.by_key,
        s.reason,
        unnest(
            CASE WHEN s.reason = 'suppressed' AND s.channel = 'email' THEN ['email', 'sms'] ELSE [s.channel] END
        ) AS channel
    FROM main.suppression_list AS s
    WHERE s.reason <> 'erased'
)
SELECT
    p.person,
    CASE min(CASE k.reason WHEN 'suppressed' THEN 0 WHEN 'orange_list' THEN 1 ELSE 2 END) FILTER (k.channel = 'email')
        WHEN 0 THEN 'suppression_list' WHEN 1 THEN 'orange_list' WHEN 2 THEN 'no'
    END AS opt_in_email,
    CASE WHEN count(*) FILTER (k.channel = 'sms') > 0 THEN 'no' END AS opt_in_sms
FROM carnet_people AS p
INNER JOIN kept AS k
    ON k.key_hash = sha256($outer || unhex(sha256($inner || encode(p.address))))
WHERE p.is_key OR k.by_key OR coalesce(k.channel = p.channel, false)
GROUP BY p.person
