-- The contacts that `carnet_states` gives another state, as they are, with what they become. Whoever lost an event (`carnet_bereft`) and
-- has none that says more goes back to what was set by hand or by an import, or to knowing nothing.
SELECT
    c.*,
    coalesce(e.status, CASE WHEN be.bereft THEN coalesce(se.status, 'unknown') END, c.email_status) AS "new:email_status",
    coalesce(e.detail, CASE WHEN be.bereft THEN se.detail ELSE c.email_return_detail END) AS "new:email_return_detail",
    coalesce(e.returned_at, CASE WHEN be.bereft THEN se.returned_at ELSE c.email_return_at END) AS "new:email_return_at",
    coalesce(m.status, CASE WHEN bm.bereft THEN coalesce(sm.status, 'unknown') END, c.mobile_status) AS "new:mobile_status",
    CASE
        WHEN e.consent = 'orange_list' AND c.opt_in_email IS DISTINCT FROM 'suppression_list' THEN 'orange_list'
        WHEN e.consent = 'no' AND coalesce(c.opt_in_email, 'yes') = 'yes' THEN 'no'
        ELSE c.opt_in_email
    END AS "new:opt_in_email",
    CASE WHEN m.consent IS NOT NULL AND coalesce(c.opt_in_sms, 'yes') = 'yes' THEN 'no' ELSE c.opt_in_sms END AS "new:opt_in_sms"
FROM main.contacts AS c
SEMI JOIN (
    SELECT contact_id FROM carnet_states
    UNION ALL
    SELECT contact_id FROM carnet_bereft
) AS any_state ON any_state.contact_id = c.contact_id
LEFT JOIN carnet_states AS e ON e.contact_id = c.contact_id AND e.channel = 'email'
LEFT JOIN carnet_states AS m ON m.contact_id = c.contact_id AND m.channel = 'sms'
LEFT JOIN (SELECT DISTINCT contact_id, true AS bereft FROM carnet_bereft WHERE channel = 'email') AS be ON be.contact_id = c.contact_id
LEFT JOIN (SELECT DISTINCT contact_id, true AS bereft FROM carnet_bereft WHERE channel = 'sms') AS bm ON bm.contact_id = c.contact_id
LEFT JOIN main.state_settings AS se ON se.contact_id = c.contact_id AND se.channel = 'email' AND be.bereft
LEFT JOIN main.state_settings AS sm ON sm.contact_id = c.contact_id AND sm.channel = 'sms' AND bm.bereft
WHERE
    (c.email_status, c.email_return_detail, c.email_return_at, c.mobile_status, c.opt_in_email, c.opt_in_sms)
    IS DISTINCT FROM (
        "new:email_status", "new:email_return_detail", "new:email_return_at", "new:mobile_status", "new:opt_in_email", "new:opt_in_sms"
    )
