-- Yields of what came after $revision_id: versions, contacts more than then, kinds of revisions, and whether an import after
-- $import_id has lost its versions to the limits of the history.
SELECT
    count(*) AS versions,
    count(*) FILTER (outcome = 'inserted') - count(*) FILTER (outcome = 'deleted') AS more,
    (SELECT coalesce(list(DISTINCT kind), []) FROM main.revisions WHERE revision_id > $revision_id) AS kinds,
    EXISTS (FROM main.imports WHERE import_id > $import_id AND trimmed) AS trimmed
FROM main.contact_versions
WHERE revision_id > $revision_id
