-- What two contacts that may be one person have in common. NULL: nothing that tells.
-- A mailbox: no tag behind `+`; no dots where the provider ignores them; domains that one slips into for a common one.
CREATE OR REPLACE TEMP MACRO carnet_domain(domain) AS
    CASE domain
        WHEN 'gmial.com' THEN 'gmail.com' WHEN 'gmai.com' THEN 'gmail.com' WHEN 'gmal.com' THEN 'gmail.com'
        WHEN 'gamil.com' THEN 'gmail.com' WHEN 'gnail.com' THEN 'gmail.com' WHEN 'gmail.fr' THEN 'gmail.com'
        WHEN 'gmail.co' THEN 'gmail.com' WHEN 'gmail.con' THEN 'gmail.com' WHEN 'gmail.cm' THEN 'gmail.com'
        WHEN 'googlemail.com' THEN 'gmail.com'
        WHEN 'hotmial.com' THEN 'hotmail.com' WHEN 'hotmal.com' THEN 'hotmail.com' WHEN 'hotmai.com' THEN 'hotmail.com'
        WHEN 'hotmail.co' THEN 'hotmail.com' WHEN 'hotmail.con' THEN 'hotmail.com' WHEN 'homtail.com' THEN 'hotmail.com'
        WHEN 'hotmal.fr' THEN 'hotmail.fr' WHEN 'hotmial.fr' THEN 'hotmail.fr'
        WHEN 'yaho.com' THEN 'yahoo.com' WHEN 'yahooo.com' THEN 'yahoo.com' WHEN 'yahoo.co' THEN 'yahoo.com'
        WHEN 'yahoo.con' THEN 'yahoo.com' WHEN 'yaho.fr' THEN 'yahoo.fr' WHEN 'yahou.fr' THEN 'yahoo.fr'
        WHEN 'outlok.com' THEN 'outlook.com' WHEN 'outloo.com' THEN 'outlook.com' WHEN 'outlook.con' THEN 'outlook.com'
        WHEN 'outlok.fr' THEN 'outlook.fr'
        WHEN 'ornage.fr' THEN 'orange.fr' WHEN 'orage.fr' THEN 'orange.fr' WHEN 'oragne.fr' THEN 'orange.fr'
        WHEN 'wanado.fr' THEN 'wanadoo.fr' WHEN 'wannadoo.fr' THEN 'wanadoo.fr'
        WHEN 'laposte.ne' THEN 'laposte.net' WHEN 'lapost.net' THEN 'laposte.net'
        WHEN 'fre.fr' THEN 'free.fr' WHEN 'freee.fr' THEN 'free.fr'
        WHEN 'icoud.com' THEN 'icloud.com' WHEN 'iclou.com' THEN 'icloud.com'
        ELSE domain
    END;
CREATE OR REPLACE TEMP MACRO carnet_mailbox(email) AS
    CASE
        WHEN email IS NULL THEN NULL
        WHEN carnet_domain(split_part(email, '@', 2)) = 'gmail.com'
            THEN replace(split_part(split_part(email, '@', 1), '+', 1), '.', '') || '@gmail.com'
        ELSE split_part(split_part(email, '@', 1), '+', 1) || '@' || carnet_domain(split_part(email, '@', 2))
    END;
CREATE OR REPLACE TEMP MACRO carnet_plain(text) AS
    regexp_replace(lower(strip_accents(coalesce(text, ''))), '[^\p{L}\p{N}]', '', 'g');
CREATE OR REPLACE TEMP MACRO carnet_person(first_name, last_name, other) AS
    CASE
        WHEN other IS NOT NULL AND carnet_plain(first_name) <> '' AND carnet_plain(last_name) <> ''
            THEN list_aggregate(list_sort([carnet_plain(first_name), carnet_plain(last_name)]), 'string_agg', ' ')
                || ' ' || carnet_plain(other::VARCHAR)
    END
