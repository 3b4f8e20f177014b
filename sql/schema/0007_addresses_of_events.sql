-- Events keep the address that they named, settings the address and the import that they are of: states follow from both (STA-2, BHV-2).
ALTER TABLE main.events ADD COLUMN kind VARCHAR;
ALTER TABLE main.events ADD COLUMN key VARCHAR;
ALTER TABLE main.state_settings ADD COLUMN key VARCHAR;
ALTER TABLE main.state_settings ADD COLUMN revision_id BIGINT;
ALTER TABLE main.state_settings ADD COLUMN import_id BIGINT;

CREATE TABLE main.unsettled (contact_id BIGINT NOT NULL);

COMMENT ON TABLE main.unsettled IS 'Contacts whose states, or whose events'' owner, are to be told anew by the next run that writes';
COMMENT ON COLUMN main.events.kind IS 'How its file named the contact: email, mobile or contact_id';
COMMENT ON COLUMN main.events.key IS 'The address, number or id that its file named, where it is not the one that the contact had then';
