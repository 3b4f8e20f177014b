-- Yields the changes of fields after those of the contact `$contact_id` at `$occurred_at`, oldest first: those of `$limit` contacts at
-- most, each with all that one revision changed of it.
WITH changed AS (
    SELECT
        *,
        dense_rank() OVER (ORDER BY occurred_at, contact_id) AS place
    FROM main.changes
    WHERE (occurred_at, contact_id) > ($occurred_at::TIMESTAMPTZ, $contact_id::BIGINT)
)
SELECT
    contact_id,
    field,
    old,
    new,
    occurred_at,
    source
FROM changed
WHERE place <= $limit
ORDER BY occurred_at, contact_id, field
