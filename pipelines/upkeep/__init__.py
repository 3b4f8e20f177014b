"""What keeps a base tidy: purges, retention, duplicates found and merged (EXP-8, EXP-13, EXP-14)."""
