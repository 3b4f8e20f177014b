-- Contacts added every half hour about midnight in Paris on the day that summer time begins.
INSERT INTO main.contacts (contact_id, created_at, email_return_at, birth_date, basket)
SELECT
    n,
    TIMESTAMPTZ '2026-03-27 12:00:00+01' + to_minutes(30 * n),
    TIMESTAMPTZ '2026-03-29 00:00:00+01' - to_minutes(30 * n),
    DATE '2026-03-27' + (n % 4)::INTEGER,
    n % 48
FROM range(200) AS t (n)
