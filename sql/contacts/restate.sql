-- Gives the contacts of `carnet_restated` their states, in their rows as they stand: no other column is written.
UPDATE main.contacts AS c
SET
    email_status = n."new:email_status",
    email_return_detail = n."new:email_return_detail",
    email_return_at = n."new:email_return_at",
    mobile_status = n."new:mobile_status",
    opt_in_email = n."new:opt_in_email",
    opt_in_sms = n."new:opt_in_sms",
    modified_at = $at
FROM carnet_restated AS n
WHERE n.contact_id = c.contact_id
