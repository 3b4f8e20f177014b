-- Yields the changes of fields after those of the contact `$contact_id` in the revision `$revision_id`, as they came into the base:
-- those of `$limit` contacts at most, each with all that one revision changed of it. Instants would not do: an import is dated at
-- its start, and comes into the base after what was written meanwhile.
WITH changed AS (
    SELECT
        *,
        dense_rank() OVER (ORDER BY revision_id, contact_id) AS place
    FROM main.ordered_changes
    WHERE (revision_id, contact_id) > ($revision_id::BIGINT, $contact_id::BIGINT)
)
SELECT
    contact_id,
    field,
    old,
    new,
    occurred_at,
    source,
    revision_id
FROM changed
WHERE place <= $limit
ORDER BY revision_id, contact_id, field
