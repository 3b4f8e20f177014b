-- Yields a row a channel and standing: how many contacts can be written to by it, or the first reason why not (SRV-3, IMP-13).
WITH standing AS (
    SELECT
        'email' AS channel,
        CASE
            WHEN email IS NULL THEN 'no_address'
            WHEN email_status IN ('bad_alias', 'bad_domain', 'bad_syntax') THEN 'hard'
            WHEN opt_in_email = 'yes' THEN 'reachable'
            WHEN opt_in_email = 'no' THEN 'unsubscribed'
            ELSE coalesce(opt_in_email, 'no_consent')
        END AS standing
    FROM main.contacts
    UNION ALL
    SELECT
        'sms' AS channel,
        CASE
            WHEN mobile IS NULL THEN 'no_address'
            WHEN mobile_status IN ('bad_number', 'bad_format') THEN 'hard'
            WHEN opt_in_sms = 'yes' THEN 'reachable'
            WHEN opt_in_sms = 'no' THEN 'unsubscribed'
            ELSE 'no_consent'
        END AS standing
    FROM main.contacts
)
SELECT
    channel,
    standing,
    count(*) AS contacts
FROM standing
GROUP BY ALL
ORDER BY ALL
