"""The base as Iceberg tables, and what answers from them (LAK-1, LAK-2). Nothing of it is imported unless a lake is declared."""
