-- Yields groups of contacts that are alike in `likeness`, each as a list of what is `shown` of them.
SELECT list({shown} ORDER BY contact_id) AS contacts
FROM (SELECT *, {likeness} AS carnet_likeness FROM main.contacts)
WHERE carnet_likeness IS NOT NULL
GROUP BY carnet_likeness
HAVING count(*) > 1
ORDER BY count(*), min(contact_id)
