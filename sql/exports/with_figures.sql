-- Contacts, with what exports may show of them beside their fields (pipelines/exports/figures.py): e-mails opened and clicked, and the imports
-- that added and last changed them.
SELECT
    c.*,
    coalesce(e.openings, 0)::DOUBLE AS carnet_email_openings,
    e.opened_at AS carnet_email_opened_at,
    e.opened AS carnet_email_opened,
    coalesce(e.clicks, 0)::DOUBLE AS carnet_email_clicks,
    e.clicked_at AS carnet_email_clicked_at,
    e.clicked AS carnet_email_clicked,
    e.link AS carnet_email_link,
    i.added AS carnet_import_added,
    i.changed AS carnet_import_changed
FROM main.contacts AS c
LEFT JOIN (
    SELECT
        v.contact_id,
        count(*) FILTER (WHERE v.type = 'opened') AS openings,
        max(v.occurred_at) FILTER (WHERE v.type = 'opened') AS opened_at,
        arg_max(o.name, (v.occurred_at, v.event_id)) FILTER (WHERE v.type = 'opened') AS opened,
        count(*) FILTER (WHERE v.type = 'clicked') AS clicks,
        max(v.occurred_at) FILTER (WHERE v.type = 'clicked') AS clicked_at,
        arg_max(o.name, (v.occurred_at, v.event_id)) FILTER (WHERE v.type = 'clicked') AS clicked,
        arg_max(coalesce(v.link, ''), (v.occurred_at, v.event_id)) FILTER (WHERE v.type = 'clicked') AS link
    FROM main.events AS v
    INNER JOIN main.operations AS o ON v.operation_id = o.operation_id
    WHERE o.channel = 'email' AND v.type IN ('opened', 'clicked')
    GROUP BY v.contact_id
) AS e ON c.contact_id = e.contact_id
LEFT JOIN (
    SELECT
        m.contact_id,
        arg_max(n.name, m.import_id) FILTER (WHERE m.outcome = 'inserted') AS added,
        arg_max(n.name, m.import_id) AS changed
    FROM main.import_contacts AS m
    INNER JOIN main.imports AS n ON m.import_id = n.import_id
    WHERE m.outcome IN ('inserted', 'updated') AND n.undone_by IS NULL
    GROUP BY m.contact_id
) AS i ON c.contact_id = i.contact_id
