-- How a value of the base is written in a cell of a text file (EXP-3): one macro a format, of this connection only.

-- Text without what a spreadsheet would run; every sign that begins a formula sorts before 'A' and is no digit, which spares the others,
-- and E.164 numbers are the number that they name, with a plus: both patterns take longer than all the rest of a cell.
CREATE OR REPLACE TEMP MACRO carnet_neutral(cell, formula, left_alone) AS
    CASE
        WHEN cell < 'A'
            AND NOT (cell >= '0' AND cell < ':')
            AND ('+' || TRY_CAST(cell AS BIGINT)) IS DISTINCT FROM cell
            AND regexp_matches(cell, formula)
            AND NOT regexp_full_match(cell, left_alone)
            THEN '''' || cell
        ELSE cell
    END;

-- The values of a multi-select in one cell, as a line of CSV: a value that holds a comma or a quote is quoted.
CREATE OR REPLACE TEMP MACRO carnet_joined(codes) AS
    array_to_string(
        [
            CASE
                WHEN contains(code, ',') OR contains(code, '"') THEN '"' || replace(code, '"', '""') || '"'
                ELSE code
            END
            FOR code IN codes
        ],
        ', '
    );

-- Digits and the place of the point among them, from 1 digit before it: 1.25e-7 is ('125', -6).
CREATE OR REPLACE TEMP MACRO carnet_plain_digits(sign, digits, point) AS
    sign || CASE
        WHEN point <= 0 THEN '0.' || repeat('0', -point) || digits
        WHEN point >= length(digits) THEN digits || repeat('0', point - length(digits))
        ELSE left(digits, point) || '.' || substr(digits, point + 1)
    END;

-- A number in scientific form, written out.
CREATE OR REPLACE TEMP MACRO carnet_written_out(scientific) AS
    carnet_plain_digits(
        CASE WHEN starts_with(scientific, '-') THEN '-' ELSE '' END,
        regexp_extract(scientific, '([0-9]+)(\.([0-9]+))?e', 1) || regexp_extract(scientific, '([0-9]+)(\.([0-9]+))?e', 3),
        length(regexp_extract(scientific, '([0-9]+)(\.([0-9]+))?e', 1)) + regexp_extract(scientific, 'e(.*)$', 1)::INTEGER
    );

-- The shortest decimal that is read as the same number: 3, 0.1, 100000000000000000000.
CREATE OR REPLACE TEMP MACRO carnet_number(value) AS
    CASE
        WHEN value = 0 THEN '0'
        WHEN ends_with(value::VARCHAR, '.0') THEN left(value::VARCHAR, length(value::VARCHAR) - 2)
        WHEN contains(value::VARCHAR, 'e') THEN carnet_written_out(value::VARCHAR)
        ELSE value::VARCHAR
    END;

-- Seconds by which the zone's clocks are ahead of UTC at that instant.
CREATE OR REPLACE TEMP MACRO carnet_seconds_ahead(instant, zone) AS
    (epoch_us(timezone(zone, instant)) - epoch_us(instant)) // 1000000;

-- An offset as '+01:00'.
CREATE OR REPLACE TEMP MACRO carnet_offset(seconds) AS
    CASE WHEN seconds < 0 THEN '-' ELSE '+' END
    || left((TIME '00:00:00' + to_seconds(abs(seconds)))::VARCHAR, 5);

-- ISO 8601 with the offset; in UTC where the zone's offset has seconds (solar time, long ago), which ISO cannot say.
CREATE OR REPLACE TEMP MACRO carnet_instant(instant, zone) AS
    CASE
        WHEN carnet_seconds_ahead(instant, zone) % 60 = 0
            THEN timezone(zone, instant)::VARCHAR || carnet_offset(carnet_seconds_ahead(instant, zone))
        ELSE timezone('UTC', instant)::VARCHAR || '+00:00'
    END;

-- Clock time, with parts of a second where there are any, and with the offset where the zone's clocks show it twice.
CREATE OR REPLACE TEMP MACRO carnet_clock(instant, zone, day_format) AS
    strftime(timezone(zone, instant), day_format)
    || substr(timezone(zone, instant)::VARCHAR, 11)
    || CASE
        WHEN carnet_seconds_ahead(instant - INTERVAL 1 HOUR, zone) > carnet_seconds_ahead(instant, zone)
            OR carnet_seconds_ahead(instant + INTERVAL 1 HOUR, zone) < carnet_seconds_ahead(instant, zone)
            THEN carnet_offset(carnet_seconds_ahead(instant, zone))
        ELSE ''
    END;

-- What a workbook holds as a number: what it, and an import of it, give back bit for bit (14 digits, or 15 before the point; 9 after it).
CREATE OR REPLACE TEMP MACRO carnet_sheet_number(value) AS
    CASE
        WHEN abs(value) < 1e15 AND round(value, 9) = value AND (trunc(value) = value OR format('{:.14g}', value::DOUBLE)::DOUBLE = value)
            THEN value::DOUBLE
    END;

-- Days as Excel counts them. Before March 1900 it counts a day that never was: those are left to text.
CREATE OR REPLACE TEMP MACRO carnet_sheet_day(day) AS
    CASE WHEN day BETWEEN DATE '1900-03-01' AND DATE '9999-12-31' THEN (day - DATE '1899-12-30')::DOUBLE END;

-- Days and their parts on the zone's clocks. Text are parts of a second, and what the clocks show twice, or with seconds of offset.
CREATE OR REPLACE TEMP MACRO carnet_sheet_instant(instant, zone) AS
    CASE
        WHEN timezone(zone, instant) >= TIMESTAMP '1900-03-01' AND timezone(zone, instant) < TIMESTAMP '9999-12-31'
            AND epoch_us(instant) % 1000000 = 0
            AND carnet_seconds_ahead(instant, zone) % 60 = 0
            AND carnet_seconds_ahead(instant - INTERVAL 1 HOUR, zone) <= carnet_seconds_ahead(instant, zone)
            AND carnet_seconds_ahead(instant + INTERVAL 1 HOUR, zone) >= carnet_seconds_ahead(instant, zone)
            THEN epoch_us(timezone(zone, instant)) / 86400000000.0 + 25569
    END;
