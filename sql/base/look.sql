-- Yields the last revision and import, how many contacts there are, and a hash of whose base it is and of its fields.
SELECT
    (SELECT value FROM main.counters WHERE name = 'revision_id') AS revision_id,
    (SELECT value FROM main.counters WHERE name = 'import_id') AS import_id,
    (SELECT count(*) FROM main.contacts) AS contacts,
    md5(concat_ws(
        ';',
        (SELECT list(value ORDER BY name) FROM main.settings WHERE name IN ('identity', 'key')),
        (SELECT max(version) FROM main.schema_migrations),
        (SELECT list({'name': name, 'format': format, 'values': "values"} ORDER BY name) FROM main.fields)
    )) AS shape
