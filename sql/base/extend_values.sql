-- The list of a select with $added at its end (FLD-3 `add`); a value that it already holds, once declared, keeps its place.
UPDATE main.fields
SET
    "values" = list_concat(
        coalesce("values", []), list_filter($added, lambda value: NOT list_contains(coalesce("values", []), value))
    ),
    added = list_concat(coalesce(added, []), $added)
WHERE name = $name
