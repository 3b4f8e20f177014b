-- One row of the history for a file that was written.
INSERT INTO main.exports
    (export_id, name, status, path, "rows", sha256, manifest, taken_at, format, audience, fields, definition, who, deliver_to, delivered_at, delta)
VALUES ($export_id, $name, $status, $path, $rows, $sha256, $manifest, $taken_at, $format, $audience, $fields, $definition, $who, $deliver_to, $delivered_at, $delta)
