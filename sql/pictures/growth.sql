-- Yields a row a day and segment of those that the page draws: the day's last count, in the base's time zone (SRV-3).
SELECT
    segment,
    (refreshed_at AT TIME ZONE $zone)::DATE AS counted_on,
    arg_max("count", refreshed_at) AS contacts
FROM main.segment_count_history
WHERE segment IN ('all_contacts', 'email_reachable', 'sms_reachable')
GROUP BY ALL
ORDER BY segment, counted_on
