-- The numbers of the exports of a name that have arrived at an address.
SELECT export_id FROM main.exports WHERE name = $name AND deliver_to = $address AND delivered_at IS NOT NULL
