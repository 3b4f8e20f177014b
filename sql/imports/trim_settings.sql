-- Drops what was set of contacts by what no undo takes back, once the imports `$ids` cannot be undone, where it can never matter again:
-- where something later of the same kind outdoes it. A status or a return message is outdone by one of the same address, which is all
-- that `contacts/states` compares events with; a resubscription or a change of address by one of the same channel. Of contacts who are
-- gone for good, only resubscriptions still count: whoever succeeds them has them (`contacts/inherit_resubscriptions`).
DELETE FROM main.state_settings
WHERE rowid IN (
    WITH concerned AS (
        SELECT contact_id FROM main.state_settings
        WHERE list_contains($ids, import_id) OR (import_id IS NULL AND revision_id IS NOT NULL)
        UNION
        SELECT v.contact_id
        FROM main.contact_versions AS v
        JOIN main.revisions AS r ON r.revision_id = v.revision_id
        WHERE v.outcome = 'deleted' AND list_contains($ids, r.import_id)
    ),
    -- Whatever named a contact came before what removed it: once that cannot be undone, nothing brings the contact back.
    gone AS (
        SELECT contact_id
        FROM concerned
        ANTI JOIN main.contacts USING (contact_id)
        ANTI JOIN (
            SELECT v.contact_id
            FROM main.contact_versions AS v
            LEFT JOIN main.revisions AS r ON r.revision_id = v.revision_id
            WHERE v.outcome = 'deleted' AND NOT coalesce(list_contains($ids, r.import_id), false)
        ) AS recallable USING (contact_id)
    ),
    lasting AS (
        SELECT s.*, s.rowid AS id, s.revision_id IS NULL AS of_any_address, g.contact_id IS NOT NULL AS is_gone
        FROM main.state_settings AS s
        SEMI JOIN concerned AS c ON c.contact_id = s.contact_id
        LEFT JOIN gone AS g ON g.contact_id = s.contact_id
        WHERE s.import_id IS NULL
            OR list_contains($ids, s.import_id)
            OR s.import_id IN (SELECT i.import_id FROM main.imports AS i WHERE i.trimmed)
    )
    SELECT id
    FROM lasting
    WINDOW
        of_address AS (PARTITION BY contact_id, channel, of_any_address, key),
        of_channel AS (PARTITION BY contact_id, channel)
    QUALIFY
        (is_gone OR status_at IS NULL OR status_at < max(status_at) OVER of_address)
        AND (is_gone OR detail_at IS NULL OR detail_at < max(detail_at) OVER of_address)
        AND (is_gone OR changed_at IS NULL OR changed_at < max(changed_at) OVER of_channel)
        AND (
            resubscribed_at IS NULL
            OR resubscribed_at < max(resubscribed_at) OVER of_channel
            OR id < max(id) FILTER (resubscribed_at IS NOT NULL) OVER (PARTITION BY contact_id, channel, resubscribed_at)
        )
)
