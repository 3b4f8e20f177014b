-- Yields every change of a consent of the contacts `$ids`, newest first, with the import whose file said so.
SELECT
    k.occurred_at,
    k.channel,
    k.old,
    k.new,
    k.source,
    k.who,
    i.import_id,
    i.model,
    i.file,
    i.sha256
FROM main.consents AS k
LEFT JOIN main.imports AS i ON k.source IN ('import ' || i.import_id, 'undo ' || i.import_id)
WHERE list_contains($ids::BIGINT[], k.contact_id)
ORDER BY k.occurred_at DESC, k.channel
