-- Records a change that no file brought (a purge, a merge) as an import of its own: `carnet undo` takes it back (IMP-15).
INSERT INTO main.imports BY NAME
SELECT
    $import_id AS import_id, $name AS name, $action AS model, $action AS action, $file AS file, $size AS size, $sha256 AS sha256,
    'imported' AS status, $updated + $deleted AS "rows", 0 AS inserted, $updated AS updated, 0 AS unchanged, $deleted AS deleted,
    0 AS duplicates, 0 AS rejected, 0 AS skipped_by_action, 0 AS suppressed, 0 AS warnings,
    0 AS hard, 0 AS suppression_list, 0 AS orange_list, 0 AS unsubscribed, 0 AS no_consent,
    $at AS started_at, now() AS ended_at, $who AS who, NULL AS separator, NULL AS header, '' AS "partition",
    '' AS declaration, NULL AS taken_from, true AS filed, false AS trimmed
