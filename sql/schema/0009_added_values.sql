-- Which values of a select's list imports added (FLD-3 `add`): all others were once declared, and an import takes them no longer.
ALTER TABLE main.fields ADD COLUMN added VARCHAR[];

-- Nobody knows any more where the values of an older base come from: those that nothing declares count as added.
UPDATE main.fields SET added = "values";

COMMENT ON COLUMN main.fields.added IS 'Of the values, those that imports added';
