-- Yields the contacts whose standing the undo of `$import_id` may change: those it named, and deleted ones that may come back.
SELECT contact_id FROM main.import_contacts WHERE import_id = $import_id
UNION
SELECT v.contact_id
FROM main.contact_versions AS v
INNER JOIN main.revisions AS r ON v.revision_id = r.revision_id
WHERE v.outcome = 'deleted' AND (r.undone OR r.import_id = $import_id)
    AND v.contact_id NOT IN (SELECT c.contact_id FROM main.contacts AS c)
