-- A contact file of made-up people, one row for each number of `numbers(n, roll)`: `n` says who, `roll` what the file says of them.
SELECT
    CASE WHEN malformed THEN 'sans-adresse-' || n ELSE strip_accents(lower(prenom)) || '.' || strip_accents(lower(nom)) || n || '@exemple.fr' END
        AS "Email",
    prenom AS "Prénom",
    nom AS "Nom",
    CASE WHEN hash(n, 3) % 10 < 8 THEN 'Établissements ' || nom || ' & Fils, Lyon' END AS "Société",
    CASE hash(n, 4) % 4
        WHEN 0 THEN '06 ' || pairs
        WHEN 1 THEN '06' || replace(pairs, ' ', '')
        WHEN 2 THEN '06.' || replace(pairs, ' ', '.')
        ELSE '+33 6 ' || pairs
    END AS "Portable",
    lpad((1000 + hash(n, 5) % 94000)::VARCHAR, 5, '0') AS "CP",
    strftime(DATE '1940-01-01' + (hash(n, 6) % 24000)::INTEGER, '%d/%m/%Y') AS "Né(e) le",
    replace(((hash(n, 7, roll) % 50000) / 100)::DECIMAL(10, 2)::VARCHAR, '.', ',') AS "Panier moyen",
    CASE WHEN hash(n, 8) % 3 = 0 THEN 'Oui' ELSE 'Non' END AS "Adhérent",
    CASE WHEN hash(n, 9) % 10 = 0 THEN 'Non' ELSE 'Oui' END AS "Optin Email",
    CASE WHEN hash(n, 10, roll) % 3 = 0 THEN 'X' END AS "Perle",
    CASE WHEN hash(n, 11) % 3 = 0 THEN 'X' END AS "Diamant",
    CASE WHEN hash(n, 12) % 3 = 0 THEN 'X' END AS "Agathe"
FROM (
    SELECT
        n,
        roll,
        malformed,
        ['Amélie', 'Benoît', 'Chloé', 'David', 'Éloïse', 'François', 'Gaëlle', 'Hugo', 'Inès', 'Joël', 'Marie-Thérèse', 'Zoé']
            [1 + (hash(n, 1) % 12)::INTEGER] AS prenom,
        ['Durand', 'Lefèvre', 'Moreau', 'Garnier', 'Petit', 'Bernard', 'Martin', 'Noël', 'Schmitt', 'Dubois', 'Faure', 'Lambert']
            [1 + (hash(n, 2) % 12)::INTEGER] AS nom,
        format('{:02d} {:02d} {:02d} {:02d}', 10 + n % 89, n // 89 % 100, n // 8900 % 100, n // 890000 % 100) AS pairs
    FROM numbers
)
ORDER BY hash(n, 13, roll)
