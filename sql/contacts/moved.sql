-- Who was unsubscribed, or whose address became a bad alias, and by which operation.
SELECT c.email, 'consent to ' || k.channel AS what, k.old, k.new, k.source AS source
FROM consents AS k JOIN contacts AS c USING (contact_id)
WHERE k.source LIKE 'operation %'
UNION ALL
SELECT DISTINCT c.email, 'e-mail status', h.old, h.new, 'operation ' || o.name
FROM changes AS h
JOIN contacts AS c USING (contact_id)
JOIN events AS e USING (contact_id)
JOIN operations AS o USING (operation_id)
WHERE h.field = 'email_status' AND h.new = 'bad_alias' AND c.email_status = h.new AND e.type IN ('bad_alias', 'unknown_recipient')
ORDER BY what, source, email
