-- Yields, for one import, how many of its contacts cannot be reached by the key's channel, each once, by first reason (IMP-13).
WITH standing AS (
    SELECT
        CASE
            WHEN $channel = 'email' THEN c.email_status IN ('bad_alias', 'bad_domain', 'bad_syntax')
            ELSE c.mobile_status IN ('bad_number', 'bad_format')
        END AS hard,
        -- The account's list is for both channels, but for whom a person wrote `yes` to one of them.
        CASE
            WHEN $channel = 'email' THEN c.opt_in_email
            WHEN c.opt_in_email = 'suppression_list' AND c.opt_in_sms IS DISTINCT FROM 'yes' THEN c.opt_in_email
            ELSE c.opt_in_sms
        END AS consent
    FROM main.import_contacts AS i
    INNER JOIN main.contacts AS c ON i.contact_id = c.contact_id
    WHERE i.import_id = $import_id AND i.outcome IN ('inserted', 'updated', 'unchanged')
)
SELECT
    count(*) FILTER (hard) AS hard,
    count(*) FILTER (NOT hard AND consent = 'suppression_list') AS suppression_list,
    count(*) FILTER (NOT hard AND consent = 'orange_list') AS orange_list,
    count(*) FILTER (NOT hard AND consent = 'no') AS unsubscribed,
    count(*) FILTER (NOT hard AND consent IS NULL) AS no_consent
FROM standing
