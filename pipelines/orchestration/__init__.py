"""Dagster: what runs when, and what the UI shows of it. The rooms below know nothing of it."""
