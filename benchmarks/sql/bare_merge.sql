-- The bare script's merge: new contacts in, known ones updated; no rules, no history.
MERGE INTO contacts AS c
USING incoming AS i ON c.email = i.email
WHEN MATCHED THEN UPDATE SET
    first_name = i.first_name,
    last_name = i.last_name,
    company = i.company,
    mobile = i.mobile,
    postcode = i.postcode,
    birth_date = i.birth_date,
    basket = i.basket,
    member = i.member,
    opt_in_email = i.opt_in_email,
    interests = i.interests,
    modified_at = now()
WHEN NOT MATCHED THEN INSERT
    (contact_id, email, first_name, last_name, company, mobile, postcode, birth_date, basket, member, opt_in_email, interests, created_at, modified_at)
VALUES
    (
        $last + i.number, i.email, i.first_name, i.last_name, i.company, i.mobile, i.postcode, i.birth_date, i.basket, i.member, i.opt_in_email,
        i.interests, now(), now()
    )
