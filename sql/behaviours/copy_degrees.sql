-- Brings `contacts.activity_degree` to what `activity` holds. No version is kept and `modified_at` stays: nobody changed anything.
UPDATE main.contacts
SET activity_degree = activity.degree
FROM main.activity AS activity
WHERE contacts.contact_id = activity.contact_id
    AND contacts.activity_degree IS DISTINCT FROM activity.degree
