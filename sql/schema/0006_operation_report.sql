-- Reports of operations (BHV-4): one row an operation and channel; every figure counts distinct contacts, however often they acted.
CREATE VIEW main.operation_report AS
WITH figures (figure, type) AS (
    VALUES
        ('recipients', 'sent'), ('recipients', 'delivered'), ('recipients', 'absent'), ('recipients', 'soft'),
        ('recipients', 'rejected'), ('recipients', 'unknown_recipient'), ('recipients', 'bad_alias'), ('recipients', 'bad_domain'),
        ('recipients', 'bad_syntax'), ('recipients', 'temporary_error'), ('recipients', 'bad_number'), ('recipients', 'bad_format'),
        ('delivered', 'delivered'),
        ('opened', 'opened'),
        ('clicked', 'clicked'),
        ('submitted_form', 'submitted_form'),
        ('converted', 'converted'),
        ('unsubscribed', 'unsubscribed'),
        ('complained', 'complained'),
        ('visited', 'visited'),
        ('bounced', 'soft'), ('bounced', 'rejected'), ('bounced', 'unknown_recipient'), ('bounced', 'bad_alias'),
        ('bounced', 'bad_domain'), ('bounced', 'bad_syntax'), ('bounced', 'temporary_error'), ('bounced', 'bad_number'),
        ('bounced', 'bad_format'),
        ('absent', 'absent'),
        ('soft', 'soft'),
        ('rejected', 'rejected'),
        ('unknown_recipient', 'unknown_recipient'),
        ('bad_alias', 'bad_alias'),
        ('bad_domain', 'bad_domain'),
        ('bad_syntax', 'bad_syntax'),
        ('temporary_error', 'temporary_error'),
        ('bad_number', 'bad_number'),
        ('bad_format', 'bad_format')
),

counted AS (
    SELECT
        events.operation_id,
        figures.figure,
        count(DISTINCT events.contact_id) AS contacts
    FROM main.events AS events
    INNER JOIN figures ON events.type = figures.type
    GROUP BY events.operation_id, figures.figure
),

report AS (
    SELECT
        operations.operation_id,
        operations.name AS operation,
        operations.channel,
        operations.started_at,
        coalesce(max(counted.contacts) FILTER (counted.figure = 'recipients'), 0) AS recipients,
        coalesce(max(counted.contacts) FILTER (counted.figure = 'delivered'), 0) AS delivered,
        coalesce(max(counted.contacts) FILTER (counted.figure = 'opened'), 0) AS opened,
        coalesce(max(counted.contacts) FILTER (counted.figure = 'clicked'), 0) AS clicked,
        coalesce(max(counted.contacts) FILTER (counted.figure = 'submitted_form'), 0) AS submitted_form,
        coalesce(max(counted.contacts) FILTER (counted.figure = 'converted'), 0) AS converted,
        coalesce(max(counted.contacts) FILTER (counted.figure = 'unsubscribed'), 0) AS unsubscribed,
        coalesce(max(counted.contacts) FILTER (counted.figure = 'complained'), 0) AS complained,
        coalesce(max(counted.contacts) FILTER (counted.figure = 'visited'), 0) AS visited,
        coalesce(max(counted.contacts) FILTER (counted.figure = 'bounced'), 0) AS bounced,
        coalesce(max(counted.contacts) FILTER (counted.figure = 'absent'), 0) AS absent,
        coalesce(max(counted.contacts) FILTER (counted.figure = 'soft'), 0) AS soft,
        coalesce(max(counted.contacts) FILTER (counted.figure = 'rejected'), 0) AS rejected,
        coalesce(max(counted.contacts) FILTER (counted.figure = 'unknown_recipient'), 0) AS unknown_recipient,
        coalesce(max(counted.contacts) FILTER (counted.figure = 'bad_alias'), 0) AS bad_alias,
        coalesce(max(counted.contacts) FILTER (counted.figure = 'bad_domain'), 0) AS bad_domain,
        coalesce(max(counted.contacts) FILTER (counted.figure = 'bad_syntax'), 0) AS bad_syntax,
        coalesce(max(counted.contacts) FILTER (counted.figure = 'temporary_error'), 0) AS temporary_error,
        coalesce(max(counted.contacts) FILTER (counted.figure = 'bad_number'), 0) AS bad_number,
        coalesce(max(counted.contacts) FILTER (counted.figure = 'bad_format'), 0) AS bad_format
    FROM main.operations AS operations
    LEFT JOIN counted ON operations.operation_id = counted.operation_id
    GROUP BY operations.operation_id, operations.name, operations.channel, operations.started_at
)

SELECT
    *,
    delivered / nullif(recipients, 0) AS delivery_rate,
    bounced / nullif(recipients, 0) AS bounce_rate,
    opened / nullif(delivered, 0) AS open_rate,
    clicked / nullif(delivered, 0) AS click_rate,
    clicked / nullif(opened, 0) AS click_to_open_rate,
    submitted_form / nullif(delivered, 0) AS form_rate,
    converted / nullif(delivered, 0) AS conversion_rate,
    unsubscribed / nullif(delivered, 0) AS unsubscription_rate,
    complained / nullif(delivered, 0) AS complaint_rate
FROM report;

-- The published copy is to have the view too.
UPDATE main.counters SET value = value + 1 WHERE name = 'generation';

COMMENT ON VIEW main.operation_report IS 'What came of each operation: contacts by figure, and rates from 0 to 1 (NULL over nobody)';
COMMENT ON COLUMN main.operation_report.operation_id IS 'Operation';
COMMENT ON COLUMN main.operation_report.operation IS 'Name of the operation';
COMMENT ON COLUMN main.operation_report.channel IS 'email, sms, form or web';
COMMENT ON COLUMN main.operation_report.started_at IS 'Instant of its first event';
COMMENT ON COLUMN main.operation_report.recipients IS 'Recipients: sent to, delivered or returned (contacts)';
COMMENT ON COLUMN main.operation_report.delivered IS 'Delivered (contacts)';
COMMENT ON COLUMN main.operation_report.opened IS 'Opened (contacts)';
COMMENT ON COLUMN main.operation_report.clicked IS 'Clicked (contacts)';
COMMENT ON COLUMN main.operation_report.submitted_form IS 'Validated a form (contacts)';
COMMENT ON COLUMN main.operation_report.converted IS 'Converted (contacts)';
COMMENT ON COLUMN main.operation_report.unsubscribed IS 'Unsubscribed (contacts)';
COMMENT ON COLUMN main.operation_report.complained IS 'Complained (contacts)';
COMMENT ON COLUMN main.operation_report.visited IS 'Saw a page (contacts)';
COMMENT ON COLUMN main.operation_report.bounced IS 'Bounced: any return but an absence (contacts)';
COMMENT ON COLUMN main.operation_report.absent IS 'Absent (out of office) (contacts)';
COMMENT ON COLUMN main.operation_report.soft IS 'Soft (temporary error) (contacts)';
COMMENT ON COLUMN main.operation_report.rejected IS 'Rejected (contacts)';
COMMENT ON COLUMN main.operation_report.unknown_recipient IS 'Unknown recipient (contacts)';
COMMENT ON COLUMN main.operation_report.bad_alias IS 'Bad alias (contacts)';
COMMENT ON COLUMN main.operation_report.bad_domain IS 'Bad domain (contacts)';
COMMENT ON COLUMN main.operation_report.bad_syntax IS 'Bad syntax (contacts)';
COMMENT ON COLUMN main.operation_report.temporary_error IS 'Number in error (contacts)';
COMMENT ON COLUMN main.operation_report.bad_number IS 'Bad number (contacts)';
COMMENT ON COLUMN main.operation_report.bad_format IS 'Bad format (contacts)';
COMMENT ON COLUMN main.operation_report.delivery_rate IS 'Delivered, share of the recipients';
COMMENT ON COLUMN main.operation_report.bounce_rate IS 'Bounced, share of the recipients';
COMMENT ON COLUMN main.operation_report.open_rate IS 'Opened, share of the delivered contacts';
COMMENT ON COLUMN main.operation_report.click_rate IS 'Clicked, share of the delivered contacts';
COMMENT ON COLUMN main.operation_report.click_to_open_rate IS 'Clicked, share of the contacts who opened';
COMMENT ON COLUMN main.operation_report.form_rate IS 'Validated a form, share of the delivered contacts';
COMMENT ON COLUMN main.operation_report.conversion_rate IS 'Converted, share of the delivered contacts';
COMMENT ON COLUMN main.operation_report.unsubscription_rate IS 'Unsubscribed, share of the delivered contacts';
COMMENT ON COLUMN main.operation_report.complaint_rate IS 'Complained, share of the delivered contacts';
