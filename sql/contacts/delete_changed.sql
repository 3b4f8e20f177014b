-- Takes the contacts of `carnet_changed` that have a former row out of the base; what becomes of them is inserted next.
DELETE FROM main.contacts
WHERE contact_id IN (SELECT c.contact_id FROM carnet_changed AS c WHERE c.outcome <> 'inserted')
