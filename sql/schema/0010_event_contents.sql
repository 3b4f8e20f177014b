-- What tells two contents of one event id apart (BHV-1), and instants that every reader can hold.
-- `person` is a short hash of the address, number or contact_id that the event's row named: with the columns beside it, the whole
-- content of the row. Events from before have none, which is taken for any.
-- Events without an id of their own are known by a hash of their content. The former one (# and 32 digits) confused a link with a
-- message, and told texts apart by their blanks; the new one begins with #2. Since the address that an event named is not kept, the
-- former ones cannot be computed anew here: an event gets its new id when its file comes again (sql/behaviours/rename_former.sql), so
-- that nothing counts twice.
ALTER TABLE main.events ADD COLUMN person UINTEGER;
ALTER TABLE main.pending_events ADD COLUMN person UINTEGER;

UPDATE main.pending_events
SET person = (md5_number_lower(channel || ':' || key) % 4294967296)::UINTEGER;

UPDATE main.events
SET occurred_at = greatest(least(occurred_at, TIMESTAMPTZ '2099-12-31 23:59:59+00'), TIMESTAMPTZ '1970-01-01 00:00:00+00')
WHERE occurred_at NOT BETWEEN TIMESTAMPTZ '1970-01-01 00:00:00+00' AND TIMESTAMPTZ '2099-12-31 23:59:59+00';

UPDATE main.pending_events
SET occurred_at = greatest(least(occurred_at, TIMESTAMPTZ '2099-12-31 23:59:59+00'), TIMESTAMPTZ '1970-01-01 00:00:00+00')
WHERE occurred_at NOT BETWEEN TIMESTAMPTZ '1970-01-01 00:00:00+00' AND TIMESTAMPTZ '2099-12-31 23:59:59+00';

UPDATE main.operations
SET started_at = greatest(least(started_at, TIMESTAMPTZ '2099-12-31 23:59:59+00'), TIMESTAMPTZ '1970-01-01 00:00:00+00')
WHERE started_at NOT BETWEEN TIMESTAMPTZ '1970-01-01 00:00:00+00' AND TIMESTAMPTZ '2099-12-31 23:59:59+00';

-- The published copy is to have it too.
UPDATE main.counters SET value = value + 1 WHERE name = 'generation';

COMMENT ON COLUMN main.events.person IS 'Short hash of how its file named the person';
