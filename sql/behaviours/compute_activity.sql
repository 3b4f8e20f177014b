-- Puts into `activity` a row for every contact (BHV-3), from `carnet_active`: the degree from how many days of the window something was
-- done on, active where lately, the last time of all.
INSERT INTO main.activity BY NAME
SELECT
    contacts.contact_id,
    CASE
        WHEN told.active_days >= 32 THEN 10
        WHEN told.active_days >= 24 THEN 9
        WHEN told.active_days >= 16 THEN 8
        WHEN told.active_days >= 12 THEN 7
        WHEN told.active_days >= 8 THEN 6
        WHEN told.active_days >= 6 THEN 5
        WHEN told.active_days >= 4 THEN 4
        ELSE coalesce(told.active_days, 0)
    END AS degree,
    told.last_active_at,
    coalesce(told.active, false) AS active,
    $instant::TIMESTAMPTZ AS computed_at
FROM main.contacts AS contacts
LEFT JOIN carnet_active AS told ON contacts.contact_id = told.contact_id
