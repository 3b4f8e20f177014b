"""The operator's YAML as typed objects, with file and line."""
