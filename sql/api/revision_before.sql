-- The last revision before the first one that is dated `$occurred_at` or later: where a program goes on that was told an instant.
SELECT coalesce(min(revision_id) - 1, (SELECT max(revision_id) FROM main.revisions), 0) AS revision_id
FROM main.revisions
WHERE occurred_at >= $occurred_at
