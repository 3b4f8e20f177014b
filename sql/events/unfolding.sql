-- Whether a text holds a JSON object or list of its own.
CREATE OR REPLACE TEMP MACRO carnet_holds_json(written) AS
    CASE WHEN json_valid(written) THEN json_type(written) IN ('OBJECT', 'ARRAY') ELSE false END;

-- What a value is, where one text is meant and a `cell` was extracted that may be a list or an object; NULL where it is a text.
CREATE OR REPLACE TEMP MACRO carnet_shape(doc, place, cell) AS
    CASE WHEN cell[1] IN ('[', '{') THEN json_type(doc, place) END;

-- The text that is meant: of a list its only item, of an object nothing.
CREATE OR REPLACE TEMP MACRO carnet_one(doc, place, cell) AS
    CASE carnet_shape(doc, place, cell)
        WHEN 'ARRAY' THEN CASE WHEN json_array_length(doc, place) = 1 THEN json_extract_string(doc, place || '/0') END
        WHEN 'OBJECT' THEN NULL
        ELSE cell
    END;

-- Why there is none: `list` for several items, `object`.
CREATE OR REPLACE TEMP MACRO carnet_none(doc, place, cell) AS
    CASE carnet_shape(doc, place, cell)
        WHEN 'ARRAY' THEN CASE WHEN json_array_length(doc, place) > 1 THEN 'list' END
        WHEN 'OBJECT' THEN 'object'
    END;

-- The items of a list; what stands where a list may is its only item.
CREATE OR REPLACE TEMP MACRO carnet_items(found) AS
    CASE
        WHEN found IS NULL OR json_type(found) = 'NULL' THEN []::JSON[]
        WHEN json_type(found) = 'ARRAY' THEN json_extract(found, '$[*]')
        ELSE [found]
    END
