-- Rows that a program has typed, into the contacts of PostgreSQL or SQLite; what stands after VALUES is the driver's.
INSERT INTO contacts (contact_id, email, first_name, last_name, company, mobile, postcode, birth_date, basket, member, opt_in_email, interests)
VALUES {values}
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
    modified_at = CURRENT_TIMESTAMP
