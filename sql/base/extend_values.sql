-- The list of a select as an import leaves it (FLD-3 `add`): all of its values, and of these those that imports added.
UPDATE main.fields
SET "values" = l."values", added = l.added
FROM carnet_lists AS l
WHERE fields.name = $name
