-- The bare script's reading: the file typed and one row a key, with nothing else that an import does.
CREATE TEMP TABLE incoming AS
SELECT
    row_number() OVER () AS number,
    lower(trim("Email")) AS email,
    nullif(trim("Prénom"), '') AS first_name,
    nullif(trim("Nom"), '') AS last_name,
    nullif(trim("Société"), '') AS company,
    regexp_replace(regexp_replace("Portable", '[^0-9+]', '', 'g'), '^0', '+33') AS mobile,
    "CP" AS postcode,
    try_strptime("Né(e) le", '%d/%m/%Y')::DATE AS birth_date,
    try_cast(replace("Panier moyen", ',', '.') AS DOUBLE) AS basket,
    "Adhérent" AS member,
    CASE "Optin Email" WHEN 'Oui' THEN 'yes' WHEN 'Non' THEN 'no' END AS opt_in_email,
    list_filter(
        [
            CASE WHEN "Perle" = 'X' THEN 'Perle' END,
            CASE WHEN "Diamant" = 'X' THEN 'Diamant' END,
            CASE WHEN "Agathe" = 'X' THEN 'Agathe' END
        ],
        lambda value: value IS NOT NULL
    ) AS interests
FROM read_csv($path, delim = ';', header = true, all_varchar = true)
WHERE "Email" LIKE '%@%'
QUALIFY row_number() OVER (PARTITION BY lower(trim("Email"))) = 1
