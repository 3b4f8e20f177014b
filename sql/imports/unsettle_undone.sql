-- The contacts that the import `$import_id` named have other settings once it is undone: their states are to be told anew.
INSERT INTO main.unsettled
SELECT contact_id FROM main.import_contacts WHERE import_id = $import_id
UNION
SELECT contact_id FROM main.contact_versions SEMI JOIN (SELECT revision_id FROM main.revisions WHERE import_id = $undo) USING (revision_id)
