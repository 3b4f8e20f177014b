-- Yields, for each of `carnet_candidates`, what decides whether it is in the base once `$import_id` is undone (IMP-15).
-- inserted_here: that import inserted it; inserter_undone: whatever inserted it is undone; deleted_by: what deleted it for good;
-- touched_by: an import, an edit or an event that holds it besides what inserted it.
WITH mine AS (
    SELECT r.revision_id, r.source, r.import_id, r.kind, (r.undone OR coalesce(r.import_id = $import_id, false)) AS undone
    FROM main.revisions AS r
    WHERE r.kind <> 'undo'
), told AS (
    SELECT
        v.contact_id,
        bool_or(v.outcome = 'inserted' AND m.import_id = $import_id) AS inserted_here,
        bool_or(v.outcome = 'inserted' AND m.undone) AS inserter_undone,
        max(m.source) FILTER (v.outcome = 'deleted' AND NOT m.undone) AS deleted_by,
        max(m.source) FILTER (v.outcome = 'updated' AND NOT m.undone) AS changed_by
    FROM main.contact_versions AS v
    INNER JOIN mine AS m ON v.revision_id = m.revision_id
    WHERE v.contact_id IN (SELECT k.contact_id FROM carnet_candidates AS k)
    GROUP BY v.contact_id
), named AS (
    SELECT o.contact_id, max('import ' || o.import_id) AS named_by
    FROM main.import_contacts AS o
    INNER JOIN main.imports AS i ON o.import_id = i.import_id
    WHERE o.contact_id IN (SELECT k.contact_id FROM carnet_candidates AS k)
        AND i.undone_by IS NULL AND i.import_id <> $import_id
        AND o.outcome IN ('updated', 'unchanged')
    GROUP BY o.contact_id
)
SELECT
    k.contact_id,
    coalesce(t.inserted_here, false) AS inserted_here,
    coalesce(t.inserter_undone, false) AS inserter_undone,
    t.deleted_by,
    coalesce(t.changed_by, n.named_by) AS touched_by
FROM carnet_candidates AS k
LEFT JOIN told AS t ON k.contact_id = t.contact_id
LEFT JOIN named AS n ON k.contact_id = n.contact_id
