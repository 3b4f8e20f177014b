-- $events made-up events of the contacts 1 to $contacts over the last two years, as they would arrive: by growing instant.
INSERT INTO main.events (event_id, operation_id, contact_id, type, occurred_at, link, detail, import_id)
SELECT
    printf('%016x', n),
    CASE WHEN type = 'visited' THEN 41 ELSE 1 + n * 40 // $events END,
    1 + hash(n, 1) % $contacts,
    type,
    now() - to_seconds((($events - n)::DOUBLE / $events) * 730 * 86400),
    CASE type
        WHEN 'clicked' THEN 'https://www.exemple.fr/offre/' || (hash(n, 2) % 60)
        WHEN 'visited' THEN 'https://www.exemple.fr/' || (['tarifs', 'produits', 'aide', 'blog', 'Contact'])[(1 + hash(n, 3) % 5)::INTEGER] || '/' || (hash(n, 4) % 400)
    END,
    NULL,
    0
FROM (
    SELECT
        range AS n,
        CASE
            WHEN hash(range) % 1000 < 350 THEN 'sent'
            WHEN hash(range) % 1000 < 670 THEN 'delivered'
            WHEN hash(range) % 1000 < 810 THEN 'opened'
            WHEN hash(range) % 1000 < 850 THEN 'clicked'
            WHEN hash(range) % 1000 < 950 THEN 'visited'
            WHEN hash(range) % 1000 < 965 THEN 'soft'
            WHEN hash(range) % 1000 < 972 THEN 'bad_alias'
            WHEN hash(range) % 1000 < 982 THEN 'converted'
            WHEN hash(range) % 1000 < 992 THEN 'submitted_form'
            WHEN hash(range) % 1000 < 998 THEN 'unsubscribed'
            ELSE 'complained'
        END AS type
    FROM range($events)
)
ORDER BY n
