-- `carnet_particular`: the contacts of whom more is known than that something was delivered to the address that they always had: a return,
-- a refusal, an event with the address that it named, something that was set, a former address.
CREATE OR REPLACE TEMP TABLE carnet_particular AS
SELECT contact_id
FROM main.events
WHERE key IS NOT NULL OR list_contains($returning, type)
UNION
SELECT contact_id
FROM main.state_settings
UNION
SELECT contact_id
FROM main.former_keys;

-- `carnet_delivered`: the contacts and channels to which an import's events deliver, of contacts who are not particular: whatever else is
-- known of these, their status is that of a delivery, without a message or a refusal, and need not be reckoned.
CREATE OR REPLACE TEMP TABLE carnet_delivered AS
SELECT DISTINCT e.contact_id, o.channel
FROM main.events AS e
JOIN main.operations AS o ON o.operation_id = e.operation_id
ANTI JOIN carnet_particular AS p ON p.contact_id = e.contact_id
WHERE e.import_id = $import_id AND e.type = 'delivered' AND o.channel IN ('email', 'sms');

-- `carnet_affected`: the others whose states the import may move: by its events, or by those of the base that had to give way to them.
CREATE OR REPLACE TEMP TABLE carnet_affected AS
SELECT e.contact_id
FROM main.events AS e
SEMI JOIN carnet_particular AS p ON p.contact_id = e.contact_id
WHERE e.import_id = $import_id AND (e.type = 'delivered' OR list_contains($returning, e.type))
UNION
SELECT contact_id
FROM carnet_lost_events
WHERE contact_id IS NOT NULL
