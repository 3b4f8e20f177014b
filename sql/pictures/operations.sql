-- Yields the last operations, newest first, each as a funnel: how many contacts got so far (SRV-3, BHV-4).
SELECT
    operation,
    channel,
    started_at,
    recipients,
    delivered,
    opened,
    clicked,
    converted,
    unsubscribed
FROM main.operation_report
ORDER BY started_at DESC NULLS LAST, operation_id DESC
LIMIT $most
