-- The contacts that `carnet_states` gives another state, as they are, with what they become.
SELECT
    c.*,
    coalesce(e.status, c.email_status) AS "new:email_status",
    coalesce(e.detail, c.email_return_detail) AS "new:email_return_detail",
    coalesce(e.returned_at, c.email_return_at) AS "new:email_return_at",
    coalesce(m.status, c.mobile_status) AS "new:mobile_status",
    CASE
        WHEN e.consent = 'orange_list' AND c.opt_in_email IS DISTINCT FROM 'suppression_list' THEN 'orange_list'
        WHEN e.consent = 'no' AND coalesce(c.opt_in_email, 'yes') = 'yes' THEN 'no'
        ELSE c.opt_in_email
    END AS "new:opt_in_email",
    CASE WHEN m.consent IS NOT NULL AND coalesce(c.opt_in_sms, 'yes') = 'yes' THEN 'no' ELSE c.opt_in_sms END AS "new:opt_in_sms"
FROM main.contacts AS c
SEMI JOIN carnet_states AS any_state ON any_state.contact_id = c.contact_id
LEFT JOIN carnet_states AS e ON e.contact_id = c.contact_id AND e.channel = 'email'
LEFT JOIN carnet_states AS m ON m.contact_id = c.contact_id AND m.channel = 'sms'
WHERE
    (c.email_status, c.email_return_detail, c.email_return_at, c.mobile_status, c.opt_in_email, c.opt_in_sms)
    IS DISTINCT FROM (
        "new:email_status", "new:email_return_detail", "new:email_return_at", "new:mobile_status", "new:opt_in_email", "new:opt_in_sms"
    )
