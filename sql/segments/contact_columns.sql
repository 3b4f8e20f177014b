-- One row a column of contacts, in order: its name and type.
SELECT column_name || ' ' || data_type
FROM duckdb_columns()
WHERE database_name = current_database() AND schema_name = 'main' AND table_name = 'contacts'
ORDER BY column_index
