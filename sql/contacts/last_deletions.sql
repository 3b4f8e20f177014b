-- The row that each contact had when it was last deleted, for those of `carnet_changed` that come back.
SELECT *
FROM main.contact_versions
WHERE outcome = 'deleted' AND contact_id IN (SELECT c.contact_id FROM carnet_changed AS c WHERE c.outcome = 'inserted')
QUALIFY row_number() OVER (PARTITION BY contact_id ORDER BY revision_id DESC) = 1
