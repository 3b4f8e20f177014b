-- How event files write instants: ISO 8601 with or without a zone, and seconds, milli-, micro- or nanoseconds since 1970. NULL where it
-- is none of these: what is rarer is read once a text (pipelines/cells/moments.py).
-- A moment that the clocks of `zone` showed twice is the first of the two (as for cells: pipelines/cells/dates.py); one that no clock
-- is asked about, being out of all bounds, is `infinity`.
CREATE OR REPLACE TEMP MACRO carnet_local(moment, zone) AS
    CASE
        WHEN moment NOT BETWEEN TIMESTAMP '1900-01-01' AND TIMESTAMP '2200-01-01' THEN TIMESTAMPTZ 'infinity'
        WHEN timezone(zone, timezone(zone, moment) - INTERVAL 1 HOUR) = moment
            THEN timezone(zone, moment) - INTERVAL 1 HOUR
        ELSE timezone(zone, moment)
    END;

CREATE OR REPLACE TEMP MACRO carnet_instant(moment, zone) AS
    CASE
        WHEN regexp_full_match(
            moment, '\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-](0\d|1[0-3])(:?[0-5]\d)?|[+-]14(:?00)?)'
        )
            THEN try_cast(moment AS TIMESTAMPTZ)
        WHEN regexp_full_match(moment, '\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?')
            THEN carnet_local(try_cast(moment AS TIMESTAMP), zone)
        WHEN regexp_full_match(moment, '\d{9,10}(\.\d+)?') THEN to_timestamp(try_cast(moment AS DOUBLE))
        WHEN regexp_full_match(moment, '\d{12,13}(\.\d+)?') THEN to_timestamp(try_cast(moment AS DOUBLE) / 1000)
        WHEN regexp_full_match(moment, '\d{15,16}') THEN make_timestamptz(try_cast(moment AS BIGINT))
        WHEN regexp_full_match(moment, '\d{18,19}') THEN make_timestamptz(try_cast(moment AS BIGINT) // 1000)
    END;

-- Whether an event can have happened then: nothing was sent before 1970, and nothing will be known of 2100 for long. Python and polars
-- can hold any such instant, in any zone.
CREATE OR REPLACE TEMP MACRO carnet_within(instant) AS
    instant >= TIMESTAMPTZ '1970-01-01 00:00:00+00' AND instant < TIMESTAMPTZ '2100-01-01 00:00:00+00'
