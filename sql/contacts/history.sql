-- Yields the versions of one contact, newest first, with their instant and source.
SELECT v.*, r.occurred_at, r.source
FROM main.contact_versions AS v
INNER JOIN main.revisions AS r ON v.revision_id = r.revision_id
WHERE v.contact_id = ?
ORDER BY v.revision_id DESC
