-- Every search by hand, newest first.
SELECT search_id, name, condition, count, searched_at, who
FROM main.searches
ORDER BY search_id DESC
