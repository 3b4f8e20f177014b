-- How many entered, left and changed.
SELECT
    count(*) FILTER (movement = 'entered'),
    count(*) FILTER (movement = 'left'),
    count(*) FILTER (movement = 'changed')
FROM carnet_moves
