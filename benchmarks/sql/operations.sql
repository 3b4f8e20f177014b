-- Made-up operations: 40 e-mailings and, as the last one, a web site.
INSERT INTO main.operations
SELECT range + 1, 'Opération ' || (range + 1), CASE WHEN range = 40 THEN 'web' ELSE 'email' END, NULL
FROM range(41)
