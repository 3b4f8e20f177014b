-- Yields, for each table from which rows go, for how many it has room, and how many of these are no longer there; no row is read:
-- what DuckDB gives as a table's size counts both.
SELECT tables.table_name, tables.estimated_size AS room, tables.estimated_size - there."rows" AS dead
FROM duckdb_tables() AS tables
JOIN (
    SELECT 'contacts' AS table_name, count(*) AS "rows" FROM main.contacts
    UNION ALL
    SELECT 'contact_versions', count(*) FROM main.contact_versions
    UNION ALL
    SELECT 'events', count(*) FROM main.events
    UNION ALL
    SELECT 'pending_events', count(*) FROM main.pending_events
    UNION ALL
    SELECT 'state_settings', count(*) FROM main.state_settings
) AS there USING (table_name)
WHERE tables.database_name = current_database() AND tables.schema_name = 'main'
