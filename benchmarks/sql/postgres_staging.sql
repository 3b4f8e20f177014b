-- The file as text, one column for each of its own.
CREATE TEMP TABLE incoming (
    email TEXT, first_name TEXT, last_name TEXT, company TEXT, mobile TEXT, postcode TEXT, birth_date TEXT, basket TEXT, member TEXT,
    opt_in TEXT, pearl TEXT, diamond TEXT, agate TEXT
)
