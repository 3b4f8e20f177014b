-- `carnet_restated`: the contacts that `carnet_states` gives another state, with the states that they have from now on.
CREATE OR REPLACE TEMP TABLE carnet_restated AS
SELECT
    c.contact_id,
    CASE WHEN e.reckoned THEN e.status ELSE c.email_status END AS "new:email_status",
    CASE WHEN e.reckoned THEN e.detail ELSE c.email_return_detail END AS "new:email_return_detail",
    CASE WHEN e.reckoned THEN e.returned_at ELSE c.email_return_at END AS "new:email_return_at",
    CASE WHEN m.reckoned THEN m.status ELSE c.mobile_status END AS "new:mobile_status",
    CASE
        WHEN e.consent = 'orange_list' AND c.opt_in_email IS DISTINCT FROM 'suppression_list' THEN 'orange_list'
        WHEN e.consent = 'no' AND coalesce(c.opt_in_email, 'yes') = 'yes' THEN 'no'
        ELSE c.opt_in_email
    END AS "new:opt_in_email",
    CASE WHEN m.consent IS NOT NULL AND coalesce(c.opt_in_sms, 'yes') = 'yes' THEN 'no' ELSE c.opt_in_sms END AS "new:opt_in_sms"
FROM main.contacts AS c
LEFT JOIN carnet_states AS e ON e.contact_id = c.contact_id AND e.channel = 'email'
LEFT JOIN carnet_states AS m ON m.contact_id = c.contact_id AND m.channel = 'sms'
WHERE
    (e.contact_id IS NOT NULL OR m.contact_id IS NOT NULL)
    AND (
        c.email_status IS DISTINCT FROM "new:email_status"
        OR c.email_return_detail IS DISTINCT FROM "new:email_return_detail"
        OR c.email_return_at IS DISTINCT FROM "new:email_return_at"
        OR c.mobile_status IS DISTINCT FROM "new:mobile_status"
        OR c.opt_in_email IS DISTINCT FROM "new:opt_in_email"
        OR c.opt_in_sms IS DISTINCT FROM "new:opt_in_sms"
    )
