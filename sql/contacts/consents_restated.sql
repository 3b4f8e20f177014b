-- The contacts of `carnet_restated` whose consents change, or who are on the account's suppression list, with what the list and the log
-- of consents ask: the same columns as `carnet_changed` has.
SELECT
    contact_id,
    'updated' AS outcome,
    c.email,
    c.mobile,
    n."new:opt_in_email" AS opt_in_email,
    n."new:opt_in_sms" AS opt_in_sms,
    c.email AS "former:email",
    c.mobile AS "former:mobile",
    c.opt_in_email AS "former:opt_in_email",
    c.opt_in_sms AS "former:opt_in_sms"
FROM main.contacts AS c
JOIN carnet_restated AS n USING (contact_id)
WHERE
    n."new:opt_in_email" IS DISTINCT FROM c.opt_in_email
    OR n."new:opt_in_sms" IS DISTINCT FROM c.opt_in_sms
    OR n."new:opt_in_email" = 'suppression_list'
