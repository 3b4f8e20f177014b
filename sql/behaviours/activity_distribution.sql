-- Yields, for each degree from 0 to 10 and then for contacts that nobody has looked at yet (NULL), how many contacts have it, how many
-- of those are active, and when that was computed.
SELECT
    activity.degree,
    count(*) AS contacts,
    count(*) FILTER (activity.active) AS active,
    max(activity.computed_at) AS computed_at
FROM main.contacts AS contacts
LEFT JOIN main.activity AS activity ON contacts.contact_id = activity.contact_id
GROUP BY activity.degree
ORDER BY activity.degree NULLS LAST
