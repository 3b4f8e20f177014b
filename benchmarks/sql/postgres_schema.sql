-- The contacts as PostgreSQL holds them: the columns of the bare script, found by their address.
CREATE TABLE contacts (
    contact_id BIGINT NOT NULL,
    email TEXT PRIMARY KEY,
    first_name TEXT,
    last_name TEXT,
    company TEXT,
    mobile TEXT,
    postcode TEXT,
    birth_date DATE,
    basket DOUBLE PRECISION,
    member TEXT,
    opt_in_email TEXT,
    interests TEXT[],
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    modified_at TIMESTAMPTZ NOT NULL DEFAULT now()
) WITH (fillfactor = 90)
