-- How many refusals of people whom the base did not know an import remembered on the suppression list (STA-5).
ALTER TABLE main.imports ADD COLUMN remembered BIGINT DEFAULT 0;

-- The published copy is to have it too.
UPDATE main.counters SET value = value + 1 WHERE name = 'generation';

COMMENT ON COLUMN main.imports.remembered IS 'People whom the base did not know, and whose refusal is kept on the suppression list';
