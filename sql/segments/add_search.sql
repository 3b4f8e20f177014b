-- Keeps one search by hand, under a name where it was saved.
INSERT INTO main.searches (search_id, name, condition, count, searched_at, who)
VALUES ($search_id, $name, $condition, $count, $searched_at, $who)
