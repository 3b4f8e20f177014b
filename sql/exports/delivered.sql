-- The export has arrived where it is delivered to.
UPDATE main.exports SET delivered_at = $delivered_at WHERE export_id = $export_id
