-- The names of the file's operations that the base does not have in that channel yet, in order.
SELECT DISTINCT e.operation
FROM carnet_events AS e
ANTI JOIN main.operations AS o ON o.name = e.operation AND o.channel = $channel
WHERE e.accepted
ORDER BY e.operation
