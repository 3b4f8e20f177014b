-- The history of exports, newest first, as the contract gives it.
SELECT export_id, name, status, path, "rows", sha256, manifest, taken_at
FROM main.exports
ORDER BY export_id DESC
