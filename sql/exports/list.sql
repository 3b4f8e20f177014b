-- The history of exports, newest first, as the contract gives it.
SELECT export_id, name, status, path, "rows", sha256, manifest, taken_at, deliver_to, delivered_at, delta
FROM main.exports
ORDER BY export_id DESC
