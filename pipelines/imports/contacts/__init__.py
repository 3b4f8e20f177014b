"""Files of contacts: columns, cells, rows, and what they make of the base (IMP-4 to IMP-10). Not: what becomes of the file."""
