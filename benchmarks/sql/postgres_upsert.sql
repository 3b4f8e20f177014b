-- The staged file typed, one row a key, into the contacts: new ones in, known ones updated.
INSERT INTO contacts (contact_id, email, first_name, last_name, company, mobile, postcode, birth_date, basket, member, opt_in_email, interests)
SELECT DISTINCT ON (lower(trim(email)))
    (SELECT max(contact_id) FROM contacts) + row_number() OVER (),
    lower(trim(email)),
    nullif(trim(first_name), ''),
    nullif(trim(last_name), ''),
    nullif(trim(company), ''),
    regexp_replace(regexp_replace(mobile, '[^0-9+]', '', 'g'), '^0', '+33'),
    postcode,
    to_date(birth_date, 'DD/MM/YYYY'),
    replace(basket, ',', '.')::DOUBLE PRECISION,
    member,
    CASE opt_in WHEN 'Oui' THEN 'yes' WHEN 'Non' THEN 'no' END,
    array_remove(ARRAY[
        CASE pearl WHEN 'X' THEN 'Perle' END, CASE diamond WHEN 'X' THEN 'Diamant' END, CASE agate WHEN 'X' THEN 'Agathe' END
    ], NULL)
FROM incoming
WHERE email LIKE '%@%'
ORDER BY lower(trim(email)), ctid
ON CONFLICT (email) DO UPDATE SET
    first_name = excluded.first_name,
    last_name = excluded.last_name,
    company = excluded.company,
    mobile = excluded.mobile,
    postcode = excluded.postcode,
    birth_date = excluded.birth_date,
    basket = excluded.basket,
    member = excluded.member,
    opt_in_email = excluded.opt_in_email,
    interests = excluded.interests,
    modified_at = now()
