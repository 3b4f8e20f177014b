-- `carnet_gone`: the holders of addresses that are in the base no longer.
CREATE OR REPLACE TEMP TABLE carnet_gone AS
SELECT DISTINCT h.contact_id
FROM carnet_holders AS h
ANTI JOIN main.contacts AS c ON c.contact_id = h.contact_id
