-- Makes `carnet_active`, a row for every contact who ever did something (BHV-3): on how many days of the base's time zone, `$window_days` up
-- to `$today`, there is an event of one of `$types`; whether one of the last `$active_within_days` has one; the last such event of all.
-- What is dated after `$instant` has not happened yet.
CREATE OR REPLACE TEMP TABLE carnet_active AS
WITH days AS (
    SELECT
        events.contact_id,
        CAST(events.occurred_at AT TIME ZONE $timezone AS DATE) AS day,
        max(events.occurred_at) AS last_at
    FROM main.events AS events
    WHERE events.type IN (SELECT unnest($types::VARCHAR[]))
        AND events.occurred_at <= $instant::TIMESTAMPTZ
    GROUP BY ALL
)

SELECT
    contact_id,
    count(*) FILTER (day > $today::DATE - $window_days::INTEGER) AS active_days,
    bool_or(day > $today::DATE - $active_within_days::INTEGER) AS active,
    max(last_at) AS last_active_at
FROM days
GROUP BY contact_id
