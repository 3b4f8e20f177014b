-- `carnet_event_operations`: each text of the file's operations → the name that it stands for (FLD-7).
CREATE OR REPLACE TEMP TABLE carnet_event_operations AS
SELECT theirs, coalesce(carnet_text(theirs, $blanks), $operation) AS name
FROM (SELECT DISTINCT operation AS theirs FROM carnet_event_rows)
