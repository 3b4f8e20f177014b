-- The loaded contacts for the peers: what the bare script's table has of them.
SELECT
    contact_id, email, first_name, last_name, company, mobile, postcode, birth_date, basket, member, opt_in_email,
    '{' || array_to_string(interests, ',') || '}' AS interests
FROM main.contacts
ORDER BY contact_id
