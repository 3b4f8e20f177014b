-- Yields a row where the contact `$contact_id` is in the base, or was and has left something.
SELECT 1
WHERE EXISTS (FROM main.contacts WHERE contact_id = $contact_id)
    OR EXISTS (FROM main.contact_versions WHERE contact_id = $contact_id)
    OR EXISTS (FROM main.former_keys WHERE contact_id = $contact_id)
    OR EXISTS (FROM main.events WHERE contact_id = $contact_id)
