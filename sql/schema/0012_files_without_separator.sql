-- Files of records, NDJSON and Parquet, have no separator: the history says so of those to come, and of those that it has.
ALTER TABLE main.imports ALTER COLUMN separator DROP NOT NULL;
UPDATE main.imports SET separator = NULL
WHERE action = 'events' AND regexp_matches(file, '\.(ndjson|jsonl|json|parquet|pq)$', 'i');
