-- Notices those to be purged, from `$at` on; forgets the notices of those who are not to be purged any more.
DELETE FROM main.retention_notices WHERE contact_id NOT IN (SELECT contact_id FROM segments.to_purge);
INSERT INTO main.retention_notices
SELECT contact_id, $at FROM segments.to_purge ANTI JOIN main.retention_notices USING (contact_id)
