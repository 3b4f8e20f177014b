-- `carnet_states`: what events make of contacts, by channel: of those of `carnet_delivered`, whose state is known, unless more is affected.
CREATE OR REPLACE TEMP TABLE carnet_states AS
SELECT
    contact_id,
    channel,
    true AS reckoned,
    'valid' AS status,
    NULL::VARCHAR AS detail,
    NULL::TIMESTAMPTZ AS returned_at,
    NULL::VARCHAR AS consent,
    NULL::VARCHAR AS operation
FROM carnet_delivered
ANTI JOIN carnet_affected USING (contact_id)
