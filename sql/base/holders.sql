-- The columns that hold values of the field $field: present ones first, then those of the history.
SELECT table_name, column_name
FROM duckdb_columns()
WHERE
    database_name = current_database()
    AND schema_name = 'main'
    AND (
        (table_name = 'contacts' AND column_name = $field)
        OR (table_name = 'contact_versions' AND column_name IN ($field, $former))
    )
ORDER BY table_name = 'contacts' DESC, column_name;
