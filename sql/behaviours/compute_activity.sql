-- Puts into `activity` a row for every contact (BHV-3): the degree from how many days of the base's time zone, `$window_days` up to
-- `$today`, have an event of one of `$types`; active where one of the last `$active_within_days` has; the last such event of all.
-- What is dated after `$instant` has not happened yet.
INSERT INTO main.activity BY NAME
WITH days AS (
    SELECT
        events.contact_id,
        CAST(events.occurred_at AT TIME ZONE $timezone AS DATE) AS day,
        max(events.occurred_at) AS last_at
    FROM main.events AS events
    WHERE events.type IN (SELECT unnest($types::VARCHAR[]))
        AND events.occurred_at <= $instant::TIMESTAMPTZ
    GROUP BY ALL
),

told AS (
    SELECT
        contact_id,
        count(*) FILTER (day > $today::DATE - $window_days::INTEGER) AS active_days,
        bool_or(day > $today::DATE - $active_within_days::INTEGER) AS active,
        max(last_at) AS last_active_at
    FROM days
    GROUP BY contact_id
)

SELECT
    contacts.contact_id,
    CASE
        WHEN told.active_days >= 16 THEN 5
        WHEN told.active_days >= 8 THEN 4
        WHEN told.active_days >= 4 THEN 3
        WHEN told.active_days >= 2 THEN 2
        WHEN told.active_days >= 1 THEN 1
        ELSE 0
    END AS degree,
    told.last_active_at,
    coalesce(told.active, false) AS active,
    $instant::TIMESTAMPTZ AS computed_at
FROM main.contacts AS contacts
LEFT JOIN told ON contacts.contact_id = told.contact_id
