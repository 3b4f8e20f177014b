-- Records an undo as an import of its own (IMP-15), beside the import that it undoes.
INSERT INTO main.imports BY NAME
SELECT
    $import_id AS import_id, $name AS name, i.model, 'undo' AS action, i.file, i.size, i.sha256, 'imported' AS status,
    $inserted + $updated + $deleted AS "rows", $inserted AS inserted, $updated AS updated, 0 AS unchanged, $deleted AS deleted,
    0 AS duplicates, 0 AS rejected, 0 AS skipped_by_action, 0 AS suppressed, 0 AS warnings,
    0 AS hard, 0 AS suppression_list, 0 AS orange_list, 0 AS unsubscribed, 0 AS no_consent,
    $at AS started_at, now() AS ended_at, $who AS who, i.separator, NULL AS header, i."partition",
    '' AS declaration, NULL AS taken_from, true AS filed, false AS trimmed
FROM main.imports AS i
WHERE i.import_id = $undoes
