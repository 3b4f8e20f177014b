-- Yields the versions of `carnet_candidates`, oldest first, each with its source and whether it stands once `$import_id` is undone.
-- An undo's own versions are left out: they follow from the others. An insertion always stands: the contact goes whole or not at all.
SELECT v.*, r.source, r.import_id, (v.outcome = 'inserted' OR NOT (r.undone OR coalesce(r.import_id = $import_id, false))) AS stands
FROM main.contact_versions AS v
INNER JOIN main.revisions AS r ON v.revision_id = r.revision_id
WHERE r.kind <> 'undo' AND v.contact_id IN (SELECT k.contact_id FROM carnet_candidates AS k)
ORDER BY v.contact_id, v.revision_id
