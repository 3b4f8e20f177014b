-- Values that imports added to the list of a field, by the text that they have now.
UPDATE main.added_values
SET value = $present
WHERE field = $field AND value = $former
