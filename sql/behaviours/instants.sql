-- How event files write instants: ISO 8601 with or without a zone, seconds or milliseconds since 1970. NULL where it is none of these.
-- A moment that the clocks of `zone` showed twice is the first of the two (as for cells: pipelines/cells/dates.py).
CREATE OR REPLACE TEMP MACRO carnet_local(moment, zone) AS
    CASE
        WHEN timezone(zone, timezone(zone, moment) - INTERVAL 1 HOUR) = moment
            THEN timezone(zone, moment) - INTERVAL 1 HOUR
        ELSE timezone(zone, moment)
    END;

CREATE OR REPLACE TEMP MACRO carnet_instant(moment, zone) AS
    CASE
        WHEN regexp_full_match(moment, '\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d(:?\d\d)?)')
            THEN try_cast(moment AS TIMESTAMPTZ)
        WHEN regexp_full_match(moment, '\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?')
            THEN carnet_local(try_cast(moment AS TIMESTAMP), zone)
        WHEN regexp_full_match(moment, '\d{9,10}(\.\d{1,9})?') THEN to_timestamp(try_cast(moment AS DOUBLE))
        WHEN regexp_full_match(moment, '\d{12,13}') THEN to_timestamp(try_cast(moment AS DOUBLE) / 1000)
    END
