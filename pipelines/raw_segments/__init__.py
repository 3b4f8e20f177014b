"""Segments that the operator writes in SQL (SEG-1), from the `.sql` file to what DuckDB says when one fails on contacts.

Belongs here: `.sql` files (`sql_files`), what a SELECT may do (`confining`, by `duckdb_words`), its columns (`binding`) and its
time zones (`zones`), the statement of its view (`views`), which of them fail on the base's values (`failing`), what DuckDB says of
them (`faults`). Does not: segments of criteria, counts, who is in a segment (`pipelines.segments`).
"""
