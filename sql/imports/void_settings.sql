-- What the import `$import_id` set of contacts is said no longer (IMP-15): not of those that it added, who go whole or stay whole.
-- When an address changed is kept: it did.
UPDATE main.state_settings
SET status = NULL, status_at = NULL, detail = NULL, returned_at = NULL, detail_at = NULL, resubscribed_at = NULL
WHERE import_id = $import_id
    AND contact_id NOT IN (
        SELECT o.contact_id FROM main.import_contacts AS o WHERE o.import_id = $import_id AND o.outcome = 'inserted'
    )
