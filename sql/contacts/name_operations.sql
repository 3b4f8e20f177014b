-- Consents that events moved bear the operation in which they did (STA-5), and are no import's.
UPDATE main.consents AS k
SET source = 'operation ' || s.operation
FROM carnet_states AS s
WHERE k.source = $source AND k.occurred_at = $at AND s.contact_id = k.contact_id AND s.channel = k.channel AND s.operation IS NOT NULL
