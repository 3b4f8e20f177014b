-- Whoever succeeds a contact has resubscribed when that one did: the unsubscriptions before are of the same person (STA-5).
INSERT INTO main.state_settings BY NAME
SELECT s.successor AS contact_id, g.channel, max(g.resubscribed_at) AS resubscribed_at
FROM main.state_settings AS g
JOIN carnet_successors AS s ON s.contact_id = g.contact_id
WHERE g.resubscribed_at IS NOT NULL
GROUP BY s.successor, g.channel
