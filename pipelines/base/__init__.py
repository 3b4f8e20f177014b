"""The DuckDB base: the one writer, its schema, the published copy."""
