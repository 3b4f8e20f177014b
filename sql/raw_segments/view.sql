/* $label */
CREATE OR REPLACE VIEW segments.$name AS
SELECT
  contacts.*
FROM main.contacts AS contacts
WHERE
  contacts."contact_id" IN (
    SELECT
      selected."contact_id"
    FROM (
$sql
    ) AS selected
  )
