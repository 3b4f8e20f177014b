-- Logs each consent that `carnet_changed` changes (STA-5); a contact's deletion is no change of its consents.
INSERT INTO main.consents
SELECT c.contact_id, told.channel, told.old, told.new, $at, $source, $who
FROM (
    SELECT
        contact_id,
        unnest([
            {'channel': 'email', 'old': "former:opt_in_email", 'new': opt_in_email},
            {'channel': 'sms', 'old': "former:opt_in_sms", 'new': opt_in_sms}
        ]) AS told
    FROM carnet_changed
    WHERE outcome <> 'deleted'
) AS c
WHERE told.old IS DISTINCT FROM told.new
