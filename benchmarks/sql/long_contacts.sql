-- Fills `contacts` with the people of `contact_file` (contacts_csv.sql), numbered in its order, as an import at `$at` would have them.
INSERT INTO main.contacts BY NAME
SELECT
    row_number() OVER () AS contact_id,
    "Email" AS email,
    '+33' || right(regexp_replace("Portable", '[^0-9]', '', 'g'), 9) AS mobile,
    "Prénom" AS first_name,
    "Nom" AS last_name,
    "Société" AS company,
    CASE "Optin Email" WHEN 'Oui' THEN 'yes' ELSE 'no' END AS opt_in_email,
    'unknown' AS email_status,
    'unknown' AS mobile_status,
    $at::TIMESTAMPTZ AS created_at,
    $at::TIMESTAMPTZ AS modified_at,
    "CP" AS postcode,
    strptime("Né(e) le", '%d/%m/%Y')::DATE AS birth_date,
    replace("Panier moyen", ',', '.')::DOUBLE AS basket,
    "Adhérent" AS member,
    nullif(
        list_filter(
            [
                CASE WHEN "Perle" = 'X' THEN 'Perle' END,
                CASE WHEN "Diamant" = 'X' THEN 'Diamant' END,
                CASE WHEN "Agathe" = 'X' THEN 'Agathe' END
            ],
            lambda each: each IS NOT NULL
        ),
        []
    ) AS interests
FROM contact_file
