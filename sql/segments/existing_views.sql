-- One row a view of schema segments: its name.
SELECT view_name
FROM duckdb_views()
WHERE database_name = current_database() AND schema_name = 'segments' AND NOT internal
