-- The contacts as SQLite holds them; a list is a text.
CREATE TABLE contacts (
    contact_id INTEGER NOT NULL,
    email TEXT PRIMARY KEY,
    first_name TEXT, last_name TEXT, company TEXT, mobile TEXT, postcode TEXT, birth_date TEXT, basket REAL, member TEXT, opt_in_email TEXT,
    interests TEXT, created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, modified_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
) WITHOUT ROWID
